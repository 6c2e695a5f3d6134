package remote

import (
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/internal/total"
)

// The reasons for which a sample is refused.
const (
	reasonLate     = "late"
	reasonFuture   = "future"
	reasonTime     = "invalid time"
	reasonFinite   = "not finite"
	reasonNegative = "negative counter"
	reasonEmpty    = "empty timing"
	reasonLabels   = "invalid labels"
	reasonLimit    = "series limit"
	reasonKind     = "kind changed"
	reasonTaken    = "name taken"
)

const (
	maxLabelBytes = 4096
	// startReach is how long before the first known sample of a series its source
	// may have begun for that begin to be worth a sample, in ms.
	startReach = 120_000
)

// series is what is known of a series that comes in.
type series struct {
	labels labels.Labels
	state
	recent []held  // what the engine may not show yet, oldest first
	next   *series // of the same hash
}

// state is a series after its last sample. It changes with each Put, and goes
// back when the journal does not take the batch.
type state struct {
	kind          metric.Kind
	last          int64 // in ms; 0: none came yet
	value         float64
	began         int64          // where its total stood at zero, in ms; 0: not told
	total.Counter                // of a counter
	sum, count    float64        // of a timing, since its first sample
	sketch        *sketch.Sketch // of the last sample of a timing
}

// take returns a sample as the journal is to have it, and moves on.
func (st *state) take(s metric.Sample) entry {
	e := entry{Sample: s}
	switch {
	case s.Kind == metric.Timing:
		e.sum, e.count = st.sum+s.Sketch.Sum(), st.count+s.Sketch.Count()
		if st.last == 0 && s.Start > 0 && s.Start < s.At && s.At-s.Start <= startReach {
			e.standAt = s.Start
		}
		e.began = st.began
		if st.last == 0 {
			e.began = s.Start
		}
	case s.Kind == metric.Counter && !math.IsNaN(s.Value):
		c := st.counter()
		stood := c.Total
		from, _, ok := c.Advance(s.At, s.Start, s.Value, 1, startReach)
		e.total, e.began = c.Total, st.began
		if stood == 0 && e.total == s.Value {
			e.began = s.Start // all was counted by this run of the source
		}
		if ok && from > st.last && from < s.At {
			e.standAt, e.stood = from, stood
		}
	case s.Kind == metric.Counter:
		e.began = st.began // a marker of silence ends no total
	}
	st.apply(e)
	return e
}

// counter is what the next raw value is added to: nothing, if the series was a
// gauge.
func (st *state) counter() total.Counter {
	if st.kind != metric.Counter {
		return total.Counter{}
	}
	return st.Counter
}

// apply moves on over what the journal has, or gets.
func (st *state) apply(e entry) {
	c := st.counter()
	switch {
	case e.Kind == metric.Timing:
		st.sum, st.count, st.sketch = e.sum, e.count, e.Sketch
	case e.Kind == metric.Counter && !math.IsNaN(e.Value):
		c.Known, c.At, c.Raw, c.Total = true, e.At, e.Value, e.total
		if e.Start > 0 {
			c.Start = e.Start
		}
	}
	st.kind, st.last, st.value, st.began, st.Counter = e.Kind, e.At, e.sent(), e.began, c
}

// check returns why a sample can never be stored, whatever is known of its series.
func check(s *metric.Sample, future int64) string {
	switch {
	case s.At <= 0:
		return reasonTime
	case s.At > future:
		return reasonFuture
	case s.Kind == metric.Timing && s.Sketch == nil:
		return reasonEmpty
	case s.Kind == metric.Timing:
		return ""
	case math.IsInf(s.Value, 0), math.IsNaN(s.Value) && !value.IsStaleNaN(s.Value):
		return reasonFinite
	case s.Kind == metric.Counter && s.Value < 0:
		return reasonNegative
	}
	return ""
}

func validLabels(l labels.Labels) bool {
	size, ok := 0, true
	l.Range(func(l labels.Label) {
		size += len(l.Name) + len(l.Value)
		ok = ok && l.Value != ""
	})
	return ok && size <= maxLabelBytes && l.Get(metric.NameLabel) != "" && l.IsValid(model.UTF8Validation)
}
