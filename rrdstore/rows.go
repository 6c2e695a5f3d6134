package rrdstore

import (
	"errors"
	"io/fs"
	"math"
	"slices"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/backlog"
	"plimsoll/rrdstore/rrdfile"
)

// row is what was stored for the time (from, at], in ms: a value for each
// column, NaN for unknown.
type row struct {
	from, at int64
	values   []float64
}

// snapshot is a series as it was at one instant, so that files are read without
// holding the store's lock. Points that are written to a file after it was
// taken do no harm: the file passes over those it has.
type snapshot struct {
	class    *class
	tiers    []Tier // of the class, or those that the file has
	kind     metric.Kind
	last     int64
	value    float64
	counter  counter
	timer    timer
	open     []float64 // the row so far of the finest open interval
	archives []waiting
}

// waiting is an archive as it was then.
type waiting struct {
	archive *archive // of which labels, kind and tier never change
	exists  bool
	odd     bool
	start   int64
	points  backlog.View
}

func (s *Store) snapshot(sr *series) (*snapshot, error) {
	snap := s.memory(sr)
	if a := &snap.archives[0]; a.odd && snap.kind != metric.Timing {
		_, err := s.withFile(a, func(f archiveFile) error {
			snap.tiers = tiersOf(f.Schema())
			return nil
		})
		return snap, err
	}
	return snap, nil
}

// memory is a series as far as it is in memory.
func (s *Store) memory(sr *series) *snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	snap := &snapshot{class: sr.class, tiers: sr.class.Tiers, kind: sr.kind, last: sr.last, value: sr.value}
	switch sr.kind {
	case metric.Counter:
		snap.counter = *sr.counter
	case metric.Timing:
		snap.timer = timer{sum: sr.timer.sum, count: sr.timer.count}
		if sk := sr.timer.open[0].sketch; sk != nil {
			snap.open = timerRow(sk)
		}
	}
	snap.archives = make([]waiting, len(sr.archives))
	for i := range sr.archives {
		a := &sr.archives[i]
		snap.archives[i] = waiting{a, a.exists, a.odd, a.start, a.pending.View()}
	}
	return snap
}

// window is what a query wants to see: instants from..to in ms, read from tier
// with consolidation function cf.
type window struct {
	from, to int64
	tier     int
	cf       string
	spacing  int64 // ms; see dense
	holding  int64 // ms; see held
	step     int64 // of a query for values at instants, in ms; 0 for one instant
}

// rowsFor returns the rows of the window's tier, then those of ever finer tiers
// that are newer than its last known row. Averages hide peaks: where those are
// asked for, tiers without them are passed over for the finest, if that reaches
// back far enough. They are appended to rows.
func (s *Store) rowsFor(snap *snapshot, w window, rows []row) ([]row, tail, error) {
	after := w.from - snap.tiers[w.tier].millis()
	for t := w.tier; t >= 0; t-- {
		reaches := s.cfg.Now().UnixMilli()-after <= snap.tiers[0].Keep.Milliseconds()
		if t > 0 && reaches && !snap.class.keeps(snap.tiers[t], w.cf) {
			continue
		}
		n := len(rows)
		var err error
		if rows, err = s.tierRows(rows, snap, t, w.cf, after, w.to); err != nil {
			return nil, tail{}, err
		}
		got := rows[n:]
		if t > 0 {
			got = trimUnknown(got)
		}
		if t == w.tier && snap.kind == metric.Timing {
			if got, err = s.led(snap, t, got, after, w.to); err != nil {
				return nil, tail{}, err
			}
		}
		rows = append(rows[:n], got...)
		if len(got) > 0 {
			after = got[len(got)-1].at
		}
	}
	end, err := s.tail(snap)
	return rows, end, err
}

// led puts what coarser tiers alone tell in front of the rows of a timing's tier:
// each has a file of its own, and one that was made, or made longer, when the tiers
// were changed knows nothing of before.
func (s *Store) led(snap *snapshot, t int, rows []row, after, to int64) ([]row, error) {
	for len(rows) > 0 && unknown(rows[0].values) {
		rows = rows[1:]
	}
	begin := to
	if len(rows) > 0 {
		begin = rows[0].from
	}
	if begin <= after || t+1 == len(snap.tiers) {
		return rows, nil
	}
	step := snap.tiers[t+1].millis()
	got, err := s.tierRows(nil, snap, t+1, "AVERAGE", ceilTo(max(after, 0), step), ceilTo(begin, step))
	if err == nil {
		got, err = s.led(snap, t+1, got, after, begin)
	}
	if err != nil {
		return nil, err
	}
	var out []row
	for _, r := range got {
		if r.at > begin {
			finer, err := s.tierRows(nil, snap, t, "AVERAGE", begin, r.at) // those behind `to` as well
			if err != nil {
				return nil, err
			}
			r = r.less(begin, finer)
		}
		if !unknown(r.values) {
			out = append(out, r)
		}
	}
	return append(out, rows...), nil
}

// less is the row of a timing up to an instant, if finer rows tell of what comes
// after it: unknown, if that is all there was.
func (r row) less(until int64, finer []row) row {
	left := slices.Clone(r.values)
	for _, f := range finer {
		if f.at <= r.at && !unknown(f.values) {
			left[columnCount] -= f.values[columnCount]
			left[columnSum] -= f.values[columnSum]
		}
	}
	if left[columnCount] < 0.5 {
		left = unknownRow()
	}
	return row{r.from, until, left}
}

// trimUnknown cuts the unknown rows off the end: finer tiers may know more.
func trimUnknown(rows []row) []row {
	n := len(rows)
	for n > 0 && unknown(rows[n-1].values) {
		n--
	}
	return rows[:n]
}

func unknown(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) {
			return false
		}
	}
	return true
}

// tierRows appends the rows of one tier with after < end ≤ to.
func (s *Store) tierRows(rows []row, snap *snapshot, t int, cf string, after, to int64) ([]row, error) {
	a := &snap.archives[0]
	if snap.kind == metric.Timing {
		a = &snap.archives[t]
	}
	there, err := s.withFile(a, func(f archiveFile) error {
		rra := findRRA(f.Schema(), snap.tiers[t].seconds(), cf)
		if rra < 0 {
			return nil
		}
		got, err := f.Fetch(rra, floorTo(max(after, 0), 1000)/1000, to/1000, a.points.Since(0))
		rows = appendRows(rows, got)
		return err
	})
	if err == nil && !there && snap.kind == metric.Timing {
		rows = a.waitingRows(rows, snap.tiers[t].millis(), after, to)
	}
	return rows, err
}

// withFile calls do with the archive's file. there is false when there is none,
// or none that can be understood; its next update sets such a file aside.
func (s *Store) withFile(a *waiting, do func(archiveFile) error) (there bool, err error) {
	if !a.exists {
		return false, nil
	}
	f, err := s.files.acquire(s.path(a.archive))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, rrdfile.ErrFormat) || errors.Is(err, fs.ErrPermission) {
		s.stats.readErrors.Inc()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer s.files.release(f)
	return true, do(f)
}

// findRRA returns the archive of the given step and consolidation function, or
// the average of that step, or -1.
func findRRA(schema *rrdfile.Schema, step int64, cf string) int {
	average := -1
	for i, r := range schema.RRA {
		if r.Steps*schema.Step != step {
			continue
		}
		if r.CF == cf {
			return i
		}
		if r.CF == "AVERAGE" {
			average = i
		}
	}
	return average
}

func splitRows(r rrdfile.Rows) []row { return appendRows(nil, r) }

func appendRows(rows []row, r rrdfile.Rows) []row {
	if r.DS == 0 {
		return rows
	}
	n := len(r.Values) / r.DS
	rows = slices.Grow(rows, n)
	for i := range n {
		at := (r.End - int64(n-1-i)*r.Step) * 1000
		rows = append(rows, row{at - r.Step*1000, at, r.Values[i*r.DS : (i+1)*r.DS]})
	}
	return rows
}

// waitingRows are the rows of a timing that has no file yet.
func (a *waiting) waitingRows(rows []row, step, after, to int64) []row {
	for _, p := range a.points.Since(after) {
		if p.At <= to && !unknown(p.Values) {
			rows = append(rows, row{p.At - step, p.At, p.Values})
		}
	}
	return rows
}
