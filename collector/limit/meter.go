package limit

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// The reasons for which samples are refused.
const (
	ReasonSeries      = "series limit of the source"
	ReasonRate        = "rate limit of the source"
	ReasonLabels      = "too many labels"
	ReasonLabelBytes  = "labels too long"
	ReasonLabelLength = "label too long"
	ReasonAhead       = "future"
	ReasonAge         = "too old"
)

// Meter measures one source. It has one owner.
type Meter struct {
	limits Limits
	series active
	tokens float64   // samples that may come now
	filled time.Time // when tokens was worked out
}

// NewMeter returns the Meter of a source that may begin with a burst at now.
func NewMeter(l Limits, now time.Time) *Meter {
	return &Meter{limits: l, series: active{turned: now}, tokens: float64(l.Burst), filled: now}
}

// Series returns how many series are active.
func (m *Meter) Series() int { return m.series.len() }

// Forget forgets the series, so that their memory is free; they count anew.
func (m *Meter) Forget() { m.series.clear() }

// Turn lets series go that have been silent; Admit does it by itself.
func (m *Meter) Turn(now time.Time) { m.series.turn(now) }

// Admit returns the samples that keep to the limits, and why others do not. Kept
// is samples itself where all do, and else another slice.
func (m *Meter) Admit(samples []metric.Sample, now time.Time) (kept []metric.Sample, refused *metric.RefusedError) {
	m.series.turn(now)
	m.fill(now)
	b := bounds{ahead: now.Add(m.limits.MaxAhead).UnixMilli(), behind: now.Add(-m.limits.MaxAge).UnixMilli()}
	kept = samples
	for i := range samples {
		reason := m.judge(&samples[i], b)
		if reason != "" && refused == nil {
			kept = append(make([]metric.Sample, 0, len(samples)-1), samples[:i]...)
		}
		switch {
		case reason != "":
			refused = refused.Refuse(samples[i], reason)
		case refused != nil:
			kept = append(kept, samples[i])
		}
	}
	return kept, refused
}

// Refund gives back the rate of n samples that were admitted and are to come
// again.
func (m *Meter) Refund(n int) { m.tokens = min(m.tokens+float64(n), float64(m.limits.Burst)) }

// Wait returns how long a sender that can wait should, before it sends n samples
// again: 0 if they may come now. Of more than a whole burst the rest is refused.
func (m *Meter) Wait(n int, now time.Time) time.Duration {
	m.fill(now)
	lack := float64(min(n, m.limits.Burst)) - m.tokens
	if lack <= 0 {
		return 0
	}
	return time.Duration(lack / float64(m.limits.SamplesPerSecond) * float64(time.Second))
}

// backwards is how far a clock must be set back to count as set: requests that
// overtake each other are less apart.
const backwards = time.Minute

// fill adds what has flowed in since.
func (m *Meter) fill(now time.Time) {
	passed := now.Sub(m.filled)
	if passed <= 0 && passed > -backwards {
		return
	}
	if passed > 0 {
		m.tokens = min(m.tokens+passed.Seconds()*float64(m.limits.SamplesPerSecond), float64(m.limits.Burst))
	}
	m.filled = now
}

// bounds are those of stamps, in Unix milliseconds.
type bounds struct{ ahead, behind int64 }

// judge says why a sample is refused, "" if it is not: then it is counted.
func (m *Meter) judge(s *metric.Sample, b bounds) string {
	switch {
	case s.At > b.ahead:
		return ReasonAhead
	case s.At < b.behind:
		return ReasonAge
	case m.tokens < 1:
		return ReasonRate
	}
	hash := uint32(s.Labels.Hash())
	if !m.series.fresh(hash) { // those of a series just seen were looked at then
		if reason := m.shape(s.Labels); reason != "" {
			return reason
		}
		if !m.series.admit(hash, m.limits.Series) {
			return ReasonSeries
		}
	}
	m.tokens--
	return ""
}

// shape says what is wrong with the length of labels.
func (m *Meter) shape(l labels.Labels) string {
	count, size, longest := 0, 0, 0
	l.Range(func(l labels.Label) {
		count++
		size += len(l.Name) + len(l.Value)
		longest = max(longest, len(l.Name), len(l.Value))
	})
	switch {
	case count > m.limits.Labels:
		return ReasonLabels
	case size > m.limits.LabelBytes:
		return ReasonLabelBytes
	case longest > m.limits.LabelLength:
		return ReasonLabelLength
	}
	return ""
}
