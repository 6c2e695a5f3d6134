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
	if a.verdict() == refused {
		s.log.Debug("samples refused", "answer", a.text)
		for reason, n := range a.reasons(len(b.Samples) - left) {
			if reason != "late" && reason != "duplicate" || !b.Again {
				reasons[reason] += n
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
	return &metric.RefusedError{Reasons: reasons, First: b.Samples[0]}
}

// reasons are those for which samples of so many were refused.
func (a answer) reasons(of int) map[string]int {
	if a.refused != nil {
		return a.refused
	}
	left := of
	if a.counts {
		left = max(0, of-a.written)
	}
	if left == 0 {
		return nil
	}
	return map[string]int{"http " + strconv.Itoa(a.status): left}
}
