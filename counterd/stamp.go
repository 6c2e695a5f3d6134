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
}

func (s *stamps) begin() { s.now = s.now[:s.kept] }
func (s *stamps) keep()  { s.kept = len(s.now) }
func (s *stamps) has(id uint32) bool {
	return slices.ContainsFunc(s.now, func(st stamp) bool { return st.id == id })
}

// swap hands out what was kept.
func (s *stamps) swap() []stamp {
	out := s.now[:s.kept]
	s.now, s.kept = nil, 0
	return out
}

// stampLocked takes a sample with its time in Unix seconds, until keep. A series
// that also has lines without a time is written at each flush, so nothing may
// come for what was flushed; one that has not must go forward only.
func (s *shard) stampLocked(id uint32, sample *line.Sample, at int64) line.Reason {
	end := (at*1000/s.flush + 1) * s.flush
	if at*1000%s.flush == 0 {
		end = at * 1000
	}
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
	s.stamps.newest[id] = named{end, s.lastFlush}
	s.stamps.now = append(s.stamps.now, stamp{id, end, *sample})
	return line.Good
}

// stamped holds the stamps of all series until their interval is flushed. It is
// the ticker's.
type stamped map[*record][]stamp

func (w stamped) add(r *record, st stamp) { s := r.series(); w[s] = append(w[s], st) }

// due emits the samples of the intervals that ended by at, in order, and keeps
// the rest. What belongs to a series that goes out at each flush anyway is
// brought into its value.
func (w stamped) due(at, flush int64, emit func(metric.Sample)) {
	for s, all := range w {
		slices.SortStableFunc(all, func(a, b stamp) int { return cmp.Compare(a.end, b.end) })
		n := 0
		for ; n < len(all) && all[n].end <= at; n++ {
			s.apply(&all[n].sample, all[n].end-flush)
			if last := n+1 == len(all) || all[n+1].end != all[n].end; last && !s.filled {
				emit(s.sample(all[n].end, all[n].end, nil))
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
	h.add(0, sample)
	got := h.take(0)
	filled := s.filled
	s.reap(&got, start, s.touched)
	s.filled = filled
}
