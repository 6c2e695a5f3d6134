package counterd

import (
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// series is one time series as it goes out. All below "the ticker's" belongs to
// the ticker alone; all above never changes, except slots and refs, which the
// registry's lock guards.
type series struct {
	labels labels.Labels
	kind   kind
	family *family
	slots  []*slot // where readers write it
	next   *series // of the same hash

	// the ticker's
	touched int64   // the ticker's age when it last saw a line, 0 for never
	start   int64   // of a counter
	value   float64 // counter's total, gauge's value
	second  *sketch.Sketch
	window  *sketch.Sketch
	members map[string]struct{} // of a set, in this flush
}

// accum is what a slot gathered in one epoch. Its zero value is empty.
type accum struct {
	value   float64
	touched bool
	isSet   bool // a gauge was set, value is not only deltas
	sketch  *sketch.Sketch
	members map[string]struct{}
}

// slot is a name as one reader knows it. The reader writes acc[epoch], the
// ticker has the other one.
type slot struct {
	series *series
	shard  *shard
	key    string
	kind   kind
	acc    [2]accum
}

// add applies one sample; the caller owns a.
func (a *accum) add(s *sample) {
	switch s.kind {
	case counter:
		a.value += s.value / s.rate
	case okCount, noCount:
		a.value++
	case millis:
		a.observe(s.value/1000, 1/s.rate)
	case distrib:
		a.observe(s.value, 1/s.rate)
	case gauge:
		if s.delta {
			a.value += s.value
		} else {
			a.value, a.isSet = s.value, true
		}
	case set:
		if a.members == nil {
			a.members = map[string]struct{}{}
		}
		if _, known := a.members[string(s.member)]; !known {
			a.members[string(s.member)] = struct{}{}
		}
	}
}

func (a *accum) observe(v, weight float64) {
	if a.sketch == nil {
		a.sketch = new(sketch.Sketch)
	}
	a.sketch.Add(v, weight)
}

// take merges an epoch's accumulator into s and empties it. start is where a
// counter that is touched for the first time stood at zero, age the ticker's.
func (s *series) take(a *accum, start, age int64) {
	switch s.kind {
	case counter, okCount, noCount:
		if s.start == 0 {
			s.start = start
		}
		s.value += a.value
	case millis, distrib:
		if s.second == nil {
			s.second = a.sketch
		} else {
			s.second.Merge(a.sketch)
		}
	case gauge:
		if a.isSet {
			s.value = a.value
		} else {
			s.value += a.value
		}
	case set:
		if s.members == nil {
			s.members = a.members
			break
		}
		for m := range a.members {
			s.members[m] = struct{}{}
		}
	}
	s.touched = age
	*a = accum{}
}

// sample makes the outgoing sample. dist is what a timing shows, which covers
// the time since begin; begin is later than at when the clock was set back.
func (s *series) sample(begin, at int64, dist *sketch.Sketch) metric.Sample {
	out := metric.Sample{Labels: s.labels, At: at, Value: s.value}
	switch s.kind {
	case counter, okCount, noCount:
		out.Kind, out.Start = metric.Counter, s.start
	case millis, distrib:
		out.Kind, out.Start, out.Value, out.Sketch = metric.Timing, min(begin, at), 0, dist
	case set:
		out.Value = float64(len(s.members))
	}
	return out
}
