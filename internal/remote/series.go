package remote

import (
	"math"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
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
	// zeroReach is how long before the first known sample of a series its source
	// may have begun for the zero to be worth a sample, in ms.
	zeroReach = 120_000
	// startJitter is how far the told start of one and the same run of a source
	// may wander, in ms.
	startJitter = 1000
)

// series is what is known of a series that comes in.
type series struct {
	labels labels.Labels
	timing bool
	now    state  // after all that is in the journal
	next   state  // and after the batch
	batch  uint64 // that next is of
}

type state struct {
	known      bool
	last       int64   // newest sample, in ms
	start      int64   // where the counter's source stood at zero; 0: not told
	sum, count float64 // running totals of a timing
}

// take returns a sample as the journal is to have it, and moves on.
func (st *state) take(s metric.Sample) entry {
	e := entry{Sample: s}
	switch {
	case s.Start <= 0 || s.Start >= s.At || s.Kind == metric.Gauge:
	case !st.known:
		if s.At-s.Start <= zeroReach {
			e.zeroAt = s.Start
		}
	case s.Kind == metric.Counter && st.start > 0 && (s.Start > st.start+startJitter || s.Start > st.last):
		if zero := max(s.Start, st.last+1); zero < s.At {
			e.zeroAt = zero
		}
	}
	if s.Kind == metric.Timing {
		st.sum += s.Sketch.Sum()
		st.count += s.Sketch.Count()
		e.sum, e.count = st.sum, st.count
	}
	st.known, st.last = true, s.At
	if s.Start > 0 && s.Kind == metric.Counter {
		st.start = s.Start
	}
	return e
}

// replay moves on over what the journal has.
func (st *state) replay(e entry) {
	st.known, st.last, st.sum, st.count = true, e.At, e.sum, e.count
	if e.Start > 0 && e.Kind == metric.Counter {
		st.start = e.Start
	}
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

// table finds series by their labels.
type table map[uint64][]*series

func (t table) find(l labels.Labels) *series {
	for _, sr := range t[l.Hash()] {
		if labels.Equal(sr.labels, l) {
			return sr
		}
	}
	return nil
}

func (t table) add(sr *series) {
	h := sr.labels.Hash()
	t[h] = append(t[h], sr)
}

// clashes tells whether a series would be sent under a name that another has: a
// timing t beside a counter t_count.
func (t table) clashes(l labels.Labels, timing bool) bool {
	for _, suffix := range [...]string{"_sum", "_count", "_min", "_max", "_stddev"} {
		if timing && t.find(metric.SuffixLabels(l, suffix)) != nil {
			return true
		}
		if base, has := strings.CutSuffix(l.Get(metric.NameLabel), suffix); has && !timing {
			if other := t.find(labels.NewBuilder(l).Set(metric.NameLabel, base).Labels()); other != nil && other.timing {
				return true
			}
		}
	}
	if timing {
		for _, q := range metric.Quantiles {
			if t.find(metric.QuantileLabels(l, q)) != nil {
				return true
			}
		}
		return false
	}
	if !l.Has("quantile") {
		return false
	}
	other := t.find(labels.NewBuilder(l).Del("quantile").Labels())
	return other != nil && other.timing
}
