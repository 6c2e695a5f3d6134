package collector

import (
	"sync"

	"github.com/prometheus/prometheus/model/histogram"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// Bounds of what is remembered of cumulative histograms, in all. One source may
// have half of the series.
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
	from    map[string]int // series by source
	buckets int
}

type cumulative struct {
	at     int64
	h      *histogram.FloatHistogram
	source string
}

func (c cumulative) size() int { return len(c.h.PositiveBuckets) + len(c.h.NegativeBuckets) }

func (c *cumulatives) last(key string) (cumulative, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it, known := c.by[key]
	return it, known
}

// keep remembers what a request of a source brought, once it is stored.
func (c *cumulatives) keep(pending map[string]cumulative, source string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tidy := false
	for key, it := range pending {
		c.dropLocked(key)
		it.source = source
		if !tidy && !c.fitsLocked(it) {
			tidy = true
			c.forgetLocked(it.at)
		}
		if c.fitsLocked(it) { // or the next one of the series finds nothing before it
			c.by[key] = it
			c.from[source]++
			c.buckets += it.size()
		}
	}
}

func (c *cumulatives) fitsLocked(it cumulative) bool {
	return len(c.by) < maxCumulative && c.from[it.source] < maxCumulative/2 && c.buckets+it.size() <= maxCumulativeBuckets
}

func (c *cumulatives) dropLocked(key string) {
	it, known := c.by[key]
	if !known {
		return
	}
	delete(c.by, key)
	c.buckets -= it.size()
	if c.from[it.source]--; c.from[it.source] == 0 {
		delete(c.from, it.source)
	}
}

func (c *cumulatives) forgetLocked(now int64) {
	for key, it := range c.by {
		if now-it.at > forgetCumulative {
			c.dropLocked(key)
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
	if reason := r.unfit(h, before, known); reason != "" {
		r.refused = r.refused.Refuse(s, reason)
		return
	}
	if r.pending == nil {
		r.pending = map[string]cumulative{}
	}
	r.pending[key] = cumulative{at: h.at, h: &h.FloatHistogram}
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

// unfit says why a histogram must not be remembered, "" if it may: one that the
// sink will refuse would stand in the way of the series' others.
func (r *request) unfit(h *native, before cumulative, known bool) string {
	switch {
	case !r.write.Allows(r.labels):
		return sender.ReasonForbidden
	case h.at > r.ahead:
		return limit.ReasonAhead
	case known && h.at == before.at:
		return "duplicate"
	case known && h.at < before.at:
		return "late"
	}
	return ""
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
