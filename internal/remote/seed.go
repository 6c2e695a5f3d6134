package remote

import (
	"errors"
	"iter"

	"plimsoll/internal/metric"
	"plimsoll/internal/total"
)

// Seed leaves totals for the Sink that will be opened in cfg.Dir, so that what
// was counted before goes on there: an engine that has the history then sees no
// total fall. Series that the Sink knows already are left as they are. It returns
// how many it left.
func Seed(cfg Config, all iter.Seq[total.Series]) (n int, err error) {
	s, err := Open(cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	s.mu.Lock()
	for t := range all {
		if s.series.find(t.Labels) == nil {
			s.addLocked(seeded(t))
			n++
		}
	}
	s.mu.Unlock()
	return n, s.saveTotals()
}

func seeded(t total.Series) *series {
	sr := &series{labels: t.Labels, state: state{kind: metric.Counter, last: t.Last, Counter: t.Counter, value: t.Total}}
	if t.Timing {
		sr.kind, sr.sum, sr.count = metric.Timing, t.Sum, t.Count
	}
	return sr
}
