package counterd

import (
	"plimsoll/counterd/line"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// add applies one sample in the present epoch. own belongs to the name of the
// line, which may be another spelling. The reader calls it.
func (r *record) add(epoch int, s *line.Sample, own *rich) {
	r.everPlain = true
	switch s.Kind {
	case line.Counter:
		v := s.Value
		if s.Rate != 1 {
			v /= s.Rate
		}
		r.cell[epoch] += own.scaled(v)
	case line.OK, line.Fail:
		r.cell[epoch] += own.scaled(1)
	case line.Millis:
		r.rich.acc[epoch].observe(own.scaled(s.Value/1000), 1/s.Rate)
	case line.Value:
		r.rich.acc[epoch].observe(own.scaled(s.Value), 1/s.Rate)
	case line.Gauge:
		if s.Delta {
			r.cell[epoch] += own.scaled(s.Value)
		} else {
			r.cell[epoch], r.isSet[epoch] = own.scaled(s.Value), true
		}
	case line.Set:
		r.rich.acc[epoch].member(s.Member)
	}
}

// scale is what rich.scale is, without rich too.
func (r *record) scale() float64 {
	if r.rich == nil {
		return 0
	}
	return r.rich.scale
}

// scaled brings a value into the unit of the series.
func (r *rich) scaled(v float64) float64 {
	if r == nil || r.scale == 0 {
		return v
	}
	return v * r.scale
}

func (g *gathered) observe(v, weight float64) {
	if g.sketch == nil {
		g.sketch = new(sketch.Sketch)
	}
	g.sketch.Add(v, weight)
}

func (g *gathered) member(m []byte) {
	if g.members == nil {
		g.members = map[string]struct{}{}
	}
	if _, known := g.members[string(m)]; !known {
		g.members[string(m)] = struct{}{}
	}
}

// take returns what an epoch brought, and empties it.
func (r *record) take(epoch int) harvest {
	h := harvest{series: r.series(), value: r.cell[epoch], isSet: r.isSet[epoch]}
	r.cell[epoch], r.isSet[epoch] = 0, false
	if r.rich != nil {
		h.gathered, r.rich.acc[epoch] = r.rich.acc[epoch], gathered{}
	}
	return h
}

// harvest is what one record brought in one epoch.
type harvest struct {
	series *record
	value  float64
	isSet  bool
	gathered
	stamp *stamp // instead of all these: a value that told its time
}

// reap merges a harvest into its series. start is where a counter that is touched
// for the first time stood at zero, age the ticker's.
func (s *record) reap(h *harvest, start int64, age uint32) {
	s.touched = age
	s.filled = true
	switch s.kind {
	case line.Counter, line.OK, line.Fail:
		if s.start == 0 {
			s.start = start
		}
		s.value += h.value
		s.recent += float32(h.value)
	case line.Millis, line.Value:
		if s.rich.second == nil {
			s.rich.second = h.sketch
		} else if h.sketch != nil {
			s.rich.second.Merge(h.sketch)
		}
	case line.Gauge:
		if h.isSet {
			s.value = h.value
		} else {
			s.value += h.value
		}
	case line.Set:
		s.rich.join(h.members)
	}
}

// join adds members to those of this flush.
//
// BUG: max_set_members bounds what a listener takes in one second; a flush of ten
// seconds may gather ten times as many.
func (r *rich) join(members map[string]struct{}) {
	if r.members == nil {
		r.members = members
		return
	}
	for m := range members {
		r.members[m] = struct{}{}
	}
}

// sample makes the outgoing sample. dist is what a timing shows, which covers
// the time since begin; begin is later than at when the clock was set back.
func (s *record) sample(begin, at int64, dist *sketch.Sketch) metric.Sample {
	out := metric.Sample{Labels: s.labels, At: at, Value: s.value}
	switch s.kind {
	case line.Counter, line.OK, line.Fail:
		out.Kind, out.Start = metric.Counter, s.start
	case line.Millis, line.Value:
		out.Kind, out.Start, out.Value, out.Sketch = metric.Timing, min(begin, at), 0, dist
	case line.Set:
		out.Value = float64(len(s.rich.members))
	}
	return out
}
