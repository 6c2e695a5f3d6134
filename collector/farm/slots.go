package farm

import (
	"encoding/binary"
	"hash/fnv"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// slot is what there is of a series for one interval.
type slot struct {
	end, start int64
	due        int64  // when it is closed
	segment    uint64 // of the journal, in which its first share is
	sketch     *sketch.Sketch
	shares     map[uint64]struct{} // who is in it, and with which timing
}

// series is a merged one.
type series struct {
	labels labels.Labels
	slots  []*slot // by end
	put    int64   // end of the last one that is being put, or was
}

// slots are all that wait. It is used under the farm's mutex.
type slots struct {
	interval, grace int64 // milliseconds
	limit           int
	by              map[string]*series
	pending         int
}

// fate is what became of a share.
type fate uint8

const (
	merged fate = iota
	repeated
	late
	refused
)

// judge says what would become of a share.
func (s *slots) judge(key string, sh share) fate {
	sr := s.by[key]
	if sr == nil {
		if s.pending >= s.limit {
			return refused
		}
		return merged
	}
	end := s.end(sh.at)
	i, found := sr.find(end)
	switch {
	case end <= sr.put:
		return late
	case !found && s.pending >= s.limit:
		return refused
	case found:
		if _, again := sr.slots[i].shares[sh.id()]; again {
			return repeated
		}
	}
	return merged
}

// add merges a share that came at an instant and is in a segment of the journal.
func (s *slots) add(key string, sh share, arrived int64, segment uint64) {
	sr := s.by[key]
	if sr == nil {
		sr = &series{labels: sh.labels}
		s.by[key] = sr
	}
	end := s.end(sh.at)
	i, found := sr.find(end)
	if !found {
		sr.slots = slices.Insert(sr.slots, i, &slot{
			end: end, start: sh.start, due: max(end, arrived) + s.grace, segment: segment,
			sketch: new(sketch.Sketch), shares: map[uint64]struct{}{},
		})
		s.pending++
	}
	sl := sr.slots[i]
	if _, again := sl.shares[sh.id()]; !again {
		sl.shares[sh.id()] = struct{}{}
		sl.start = min(sl.start, sh.start)
		sl.sketch.Merge(sh.sketch)
	}
}

// end returns the end of the interval that an instant is in.
func (s *slots) end(at int64) int64 { return (at + s.interval - 1) / s.interval * s.interval }

func (sr *series) find(end int64) (int, bool) {
	return slices.BinarySearchFunc(sr.slots, end, func(sl *slot, end int64) int { return int(sl.end - end) })
}

// id tells a timing of an instance from all others of the slot.
func (sh share) id() uint64 {
	b := binary.LittleEndian.AppendUint64(nil, sh.instance)
	return hash(binary.LittleEndian.AppendUint64(b, uint64(sh.at)))
}

// hash is the same in every process: what it tells apart is in the journal.
func hash(b []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(b) // never fails
	return h.Sum64()
}

// due returns the merged timings of all slots that are due, those of a series in
// order: one waits for those before it. Nothing more is merged into them.
func (s *slots) due(now int64) (out []metric.Sample) {
	for _, sr := range s.by {
		for _, sl := range sr.slots[:sr.dueSlots(now)] {
			sr.put = max(sr.put, sl.end)
			out = append(out, metric.Sample{Labels: sr.labels, Kind: metric.Timing, At: sl.end, Start: sl.start, Sketch: sl.sketch})
		}
	}
	return out
}

func (sr *series) dueSlots(now int64) int {
	n := 0
	for n < len(sr.slots) && sr.slots[n].due <= now {
		n++
	}
	return n
}

// forgetSeries is the silence, in milliseconds, after which a series without
// slots is forgotten. While there are more than twice as many series as may wait,
// it is as soon as nothing more is expected.
const forgetSeries = 3_600_000

// strike forgets the slots that were due.
func (s *slots) strike(now int64) {
	patience := int64(forgetSeries)
	if len(s.by) > 2*s.limit {
		patience = s.interval + s.grace
	}
	for key, sr := range s.by {
		n := sr.dueSlots(now)
		if n > 0 {
			sr.put = max(sr.put, sr.slots[n-1].end)
			sr.slots = slices.Delete(sr.slots, 0, n)
			s.pending -= n
		}
		if len(sr.slots) == 0 && now-sr.put > patience {
			delete(s.by, key)
		}
	}
}

// oldest returns the oldest segment that a slot has a share in, next for none.
func (s *slots) oldest(next uint64) uint64 {
	for _, sr := range s.by {
		for _, sl := range sr.slots {
			next = min(next, sl.segment)
		}
	}
	return next
}
