package collector

import (
	"sync"

	"github.com/prometheus/prometheus/model/histogram"

	"plimsoll/internal/metric"
)

// Bounds of what is remembered of cumulative histograms, in all.
const (
	maxCumulative        = 20_000
	maxCumulativeBuckets = 4 << 20
	// forgetCumulative is the silence, in milliseconds of the samples' time, after
	// which a series gives its place to another.
	forgetCumulative = 3_600_000
)

// cumulatives remember the last histogram of each series of which the histograms
// count on and on, to know what came since.
type cumulatives struct {
	began int64 // series that began later were never missed

	mu      sync.Mutex // guards what follows
	by      map[string]cumulative
	buckets int
}

type cumulative struct {
	at int64
	h  *histogram.FloatHistogram
}

func (c cumulative) size() int { return len(c.h.PositiveBuckets) + len(c.h.NegativeBuckets) }

func (c *cumulatives) last(key string) (cumulative, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it, known := c.by[key]
	return it, known
}

// keep remembers what a request brought, once it is stored.
func (c *cumulatives) keep(pending map[string]cumulative) {
	if len(pending) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, it := range pending {
		old, known := c.by[key]
		if known {
			c.buckets -= old.size()
		} else if len(c.by) >= maxCumulative || c.buckets >= maxCumulativeBuckets {
			c.forgetLocked(it.at)
			if len(c.by) >= maxCumulative || c.buckets >= maxCumulativeBuckets {
				continue // the next one of the series finds nothing before it again
			}
		}
		c.by[key] = it
		c.buckets += it.size()
	}
}

func (c *cumulatives) forgetLocked(now int64) {
	for key, it := range c.by {
		if now-it.at > forgetCumulative {
			c.buckets -= it.size()
			delete(c.by, key)
		}
	}
}

// cumulative takes what a series counted since its last histogram. The first one
// only says where it stands, unless the series began while we were here.
func (r *request) cumulative(h *native) {
	key := string(r.labels.Bytes(nil))
	before, known := r.pending[key]
	if !known {
		before, known = r.cumulatives.last(key)
	}
	s := metric.Sample{Labels: r.labels, Kind: metric.Timing, At: h.at, Start: before.at}
	switch {
	case known && h.at == before.at:
		r.refused = r.refused.Refuse(s, "duplicate")
		return
	case known && h.at < before.at:
		r.refused = r.refused.Refuse(s, "late")
		return
	}
	if r.pending == nil {
		r.pending = map[string]cumulative{}
	}
	r.pending[key] = cumulative{h.at, &h.FloatHistogram}
	switch {
	case known:
		grown, reset := difference(&h.FloatHistogram, before.h)
		if reset && h.start > before.at && h.start < h.at {
			s.Start = h.start
		}
		r.timing(s, grown)
	case h.start >= r.cumulatives.began && h.start < h.at:
		s.Start = h.start
		r.timing(s, &h.FloatHistogram)
	default:
		r.based++
	}
}

// difference returns what was observed between two histograms: all of the later
// one when its source began anew in between.
func difference(h, before *histogram.FloatHistogram) (grown *histogram.FloatHistogram, reset bool) {
	if h.Count < before.Count || h.DetectReset(before) {
		return h, true
	}
	grown, _, _, err := h.Copy().Sub(before)
	if err != nil || grown.Validate() != nil { // as when a reset was missed
		return h, true
	}
	return grown.Compact(0), false
}
