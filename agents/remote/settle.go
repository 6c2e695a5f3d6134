package remote

import (
	"strconv"

	"plimsoll/internal/metric"
)

// settle counts what became of a batch that was answered for good.
func (s *Sink) settle(b Batch, a answer, left int) *metric.RefusedError {
	s.route.worked()
	if s.bad.Swap(false) {
		s.log.Info("remote write works again", "url", s.route.now().url)
	}
	reasons := map[string]int{}
	if left > 0 {
		reasons["timing"] = left
	}
	if a.verdict() == refused || !b.Again { // what it has already it need not count as written
		for reason, n := range a.reasons(len(b.Samples) - left) {
			if reason != "late" && reason != "duplicate" || !b.Again {
				reasons[s.nameOf(reason)] += n
			}
		}
	}
	n := 0
	for reason, count := range reasons {
		s.refused.WithLabelValues(reason).Add(float64(count))
		n += count
	}
	s.sent.Add(float64(len(b.Samples) - n))
	if n == 0 {
		return nil
	}
	s.tell(reasons, a.text)
	return &metric.RefusedError{Reasons: reasons, First: b.Samples[0]}
}

// tell logs the first refusal for each reason; metrics count the others.
func (s *Sink) tell(reasons map[string]int, text string) {
	for reason, n := range reasons {
		if !s.told[reason] {
			s.told[reason] = true
			s.log.Warn("the receiver refused samples", "url", s.route.now().url, "reason", reason, "samples", n, "answer", text)
		}
	}
}

// maxReasons bounds the reasons that are told apart, since receivers name them.
const (
	maxReasons  = 50
	otherReason = "other"
)

// nameOf returns what a reason is counted under.
func (s *Sink) nameOf(reason string) string {
	if !s.reasons[reason] && len(s.reasons) >= maxReasons {
		return otherReason
	}
	s.reasons[reason] = true
	return reason
}

// reasons are those for which samples of so many were refused. What a receiver tells
// is believed as far as it can be.
func (a answer) reasons(of int) map[string]int {
	sum := 0
	for _, n := range a.refused {
		sum += n
	}
	left := of
	switch {
	case a.refused != nil && sum <= of:
		return a.refused
	case a.counts:
		left = of - min(a.written, of)
	case a.verdict() == accepted:
		return nil
	}
	if left == 0 {
		return nil
	}
	return map[string]int{"http " + strconv.Itoa(a.status): left}
}
