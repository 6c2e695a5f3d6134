package counterd

import (
	"cmp"
	"slices"

	"plimsoll/counterd/line"
	"plimsoll/internal/metric"
)

// A stamp is a value that came with the time it belongs to (DogStatsD's |T). It
// goes out with the interval that holds this time, at the next flush.
type stamp struct {
	id     uint32
	end    int64 // of its interval, Unix milliseconds
	sample line.Sample
}

// maxStamps bounds the stamps of one shard that wait for a tick.
const maxStamps = 100_000

// stamps are those of one shard. The reader owns them.
type stamps struct {
	now    []stamp          // of this epoch
	kept   int              // of now; the rest is of a line that is not accepted yet
	newest map[uint32]named // by record
}

// named is the last interval that a stamped line named.
type named struct {
	end     int64
	flushed int64 // the boundary when it did
	waits   bool  // for the ticker
}

// begin forgets what a line brought that was not accepted; keep accepts it.
func (s *stamps) begin() {
	s.settle(s.now[s.kept:])
	s.now = s.now[:s.kept]
}

func (s *stamps) keep() { s.kept = len(s.now) }

// has tells whether a record has stamps that the ticker does not know yet.
func (s *stamps) has(id uint32) bool { return s.newest[id].waits }

// swap hands out what was kept.
func (s *stamps) swap() []stamp {
	s.settle(s.now)
	out := s.now[:s.kept]
	s.now, s.kept = nil, 0
	return out
}

func (s *stamps) settle(all []stamp) {
	for _, st := range all {
		n := s.newest[st.id]
		n.waits = false
		s.newest[st.id] = n
	}
}

// stampLocked takes a sample with its time in Unix seconds, until keep. A series
// that also has lines without a time is written at each flush, so nothing may
// come for what was flushed; one that has not must go forward only.
func (s *shard) stampLocked(id uint32, sample *line.Sample, at int64) line.Reason {
	end := (at*1000/s.flush + 1) * s.flush
	if at*1000%s.flush == 0 {
		end = at * 1000
	}
	own := s.slab.at(id).rich
	id = s.homeLocked(id)
	r := s.slab.at(id)
	last := s.stamps.newest[id]
	switch {
	case end > s.lastFlush+2*s.flush:
		return line.BadFutureTimestamp
	case end <= s.lastFlush && r.everPlain, end < s.lastFlush-s.oldest:
		return line.BadLateTimestamp
	case end < last.end || end == last.end && end <= s.lastFlush && last.flushed != s.lastFlush:
		return line.BadLateTimestamp
	case len(s.stamps.now) >= maxStamps:
		return line.BadManyTimestamps
	}
	if s.stamps.newest == nil {
		s.stamps.newest = map[uint32]named{}
	}
	s.stamps.newest[id] = named{end, s.lastFlush, true}
	st := stamp{id, end, *sample}
	st.sample.Value = own.scaled(sample.Value)
	s.stamps.now = append(s.stamps.now, st)
	return line.Good
}

// told is what a series stood at when a line told a time.
type told struct {
	end   int64 // of the interval, Unix milliseconds
	value float64
	more  float64 // of a counter: what the line brought
}

// stamped holds what waits for its interval to be flushed. It is the ticker's.
type stamped map[*record][]told

// due emits the samples of the intervals that ended by at, in order, and keeps
// the rest. What belongs to the interval that is flushed goes out with the series
// itself, if that goes out at each flush.
func (w stamped) due(at int64, emit func(metric.Sample)) {
	for s, all := range w {
		slices.SortStableFunc(all, func(a, b told) int { return cmp.Compare(a.end, b.end) })
		n := 0
		for ; n < len(all) && all[n].end <= at; n++ {
			last := n+1 == len(all) || all[n+1].end != all[n].end
			if last && (!s.filled || all[n].end < at) {
				out := s.sample(all[n].end, all[n].end, nil)
				out.Value = all[n].value
				emit(out)
			}
		}
		if w[s] = all[n:]; n == len(all) {
			delete(w, s)
		}
	}
}

// apply counts one sample of a counter or gauge. The ticker calls it.
func (s *record) apply(sample *line.Sample, start int64) {
	h := record{kind: s.kind}
	h.add(0, sample, nil)
	got := h.take(0)
	filled := s.filled
	s.reap(&got, start, s.touched)
	s.filled = filled
}
