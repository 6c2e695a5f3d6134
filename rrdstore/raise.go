package rrdstore

import (
	"math"
	"slices"

	"plimsoll/internal/metric"
)

// A running total is laid over the rows from the present back. When history is
// brought in that it does not have, it is raised, or the oldest rows would lie
// below zero. The differences of instants stay what they are.

// amounts is what a counter, or a timing, counted in all.
type amounts struct{ total, sum float64 }

// held is what the archives of a series, and what waits for them, tell of, at the
// least. Of the oldest row of a counter, if it is a coarse one, only the part from
// `from` on, ms, counts, where history begins that was just brought in: its rate
// held for the part that is known. No value is read from where that row begins.
func (s *Store) held(sr *series, from int64) (a amounts, err error) {
	snap, err := s.snapshot(sr)
	if err != nil {
		return a, err
	}
	if sr.kind == metric.Timing {
		rows, end, err := s.rowsFor(snap, window{to: math.MaxInt64 / 2, tier: len(snap.tiers) - 1, cf: "AVERAGE"}, nil)
		a.add(sr.kind, rows)
		a.add(sr.kind, end.rows)
		return a, err
	}
	end, err := s.tail(snap)
	a.add(sr.kind, end.rows)
	to, doubtful := int64(math.MaxInt64/2), 0.0
	for t := 0; err == nil && t < len(snap.tiers); t++ {
		var rows []row
		after := min(snap.begin(t), to)
		rows, err = s.tierRows(nil, snap, t, "AVERAGE", after, to)
		a.add(sr.kind, rows)
		if k := slices.IndexFunc(rows, func(r row) bool { return !unknown(r.values) }); t > 0 && k >= 0 {
			doubtful = rows[k].before(from)
		}
		to = after
	}
	a.total -= doubtful
	return a, err
}

// before is what a row of a counter tells of the time before an instant.
func (r row) before(at int64) float64 {
	return r.values[0] * float64(min(max(at, r.from), r.at)-r.from) / 1000
}

// begin is the instant from which on a tier tells what a counter counted. Each
// moment is told of by the finest rows: of a coarse one, a part of which is
// unknown, too much would come out.
func (snap *snapshot) begin(t int) int64 {
	if t+1 == len(snap.tiers) {
		return 0
	}
	step := snap.tiers[t].millis()
	oldest := floorTo(snap.last, step) + step - snap.tiers[t].Keep.Milliseconds()
	return ceilTo(max(oldest, 0), snap.tiers[t+1].millis())
}

func (a *amounts) add(kind metric.Kind, rows []row) {
	for _, r := range rows {
		switch {
		case unknown(r.values):
		case kind == metric.Timing:
			a.total += r.values[columnCount]
			a.sum += r.values[columnSum]
		default:
			a.total += r.values[0] * float64(r.at-r.from) / 1000
		}
	}
}

// raise makes the running total of a series, of which history from an instant on
// was brought in, at least what is held of it. The journal is told by how much.
func (s *Store) raise(sr *series, from int64) error {
	if sr.kind == metric.Gauge {
		return nil
	}
	held, err := s.held(sr, from)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	by := sr.missing(held)
	if by == (amounts{}) {
		return nil
	}
	if err := s.twice(encodeRaised(sr, by)); err != nil {
		return err
	}
	sr.raise(by)
	return nil
}

// rounding is how far sums of rows may lie above a total that is the same.
const rounding = 1e-9

func (sr *series) missing(held amounts) amounts {
	have := amounts{}
	if sr.isTiming() {
		have = amounts{sr.timer.count, sr.timer.sum}
	} else {
		have.total = sr.counter.Total
	}
	if held.total <= have.total*(1+rounding) {
		return amounts{}
	}
	by := amounts{total: held.total - have.total}
	if sr.isTiming() {
		by = amounts{math.Round(by.total), held.sum - have.sum}
	} else if sr.counter.whole {
		by.total = math.Round(by.total)
	}
	return by
}

func (sr *series) raise(by amounts) {
	if sr.isTiming() {
		sr.timer.count += by.total
		sr.timer.sum += by.sum
		return
	}
	sr.counter.Total += by.total
	sr.counter.markTotal += by.total
}

func encodeRaised(sr *series, by amounts) []byte {
	e := encoder{}
	e.byte(recordRaised)
	e.labels(sr.labels)
	e.float(by.total)
	e.float(by.sum)
	return e.b
}

func (r *replayer) raised(body []byte) error {
	d := newDecoder(body)
	l, by := d.Labels(), amounts{d.Float(), d.Float()}
	if d.Err() != nil {
		return d.Err()
	}
	if sr := r.store.index.lookup(l); sr != nil && sr.kind != metric.Gauge {
		sr.raise(by)
	}
	return nil
}
