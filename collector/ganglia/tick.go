package ganglia

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// tick returns, by source, what is to be told at an instant: who is up, the gauges
// that still hold, and the end of those that do not. It forgets what was silent for
// too long.
func (t *table) tick(now time.Time) map[string][]metric.Sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string][]metric.Sample{}
	for _, h := range t.hosts {
		samples := t.turnLocked(h, now)
		out[h.source] = append(out[h.source], samples...)
	}
	return out
}

func (t *table) turnLocked(h *host, now time.Time) (out []metric.Sample) {
	at := metric.Millis(now)
	gone := t.isGone(h, now)
	for name, r := range h.readings {
		silence := now.Sub(r.heard)
		switch {
		case !r.isShown():
		case gone || silence > r.life():
			out = append(out, r.end(at))
		case h.key.origin == "" && r.kind == metric.Gauge && at-r.lastAt >= t.config.Interval.Milliseconds():
			out = append(out, t.tellLocked(h, r, at)...)
		}
		if !r.heard.IsZero() && (silence > t.config.Forget || r.dmax() > 0 && silence > r.dmax()) {
			h.remove(name)
		}
	}
	if gone {
		t.forgetLocked(h)
		return out
	}
	if h.name != "" && !t.silent[h.key.origin] {
		out = append(out, upSample(h.name, h.cluster, at, h.alive(now)))
	}
	return out
}

func (t *table) isGone(h *host, now time.Time) bool {
	silence := now.Sub(h.heard)
	return silence > t.config.Forget || h.dmax > 0 && silence > h.dmax
}

func (h *host) remove(name string) {
	r := h.readings[name]
	delete(h.readings, name)
	if h.owners[seriesName(name)] == r {
		delete(h.owners, seriesName(name))
	}
}

func upSample(instance, clusterName string, at int64, up bool) metric.Sample {
	s := metric.Sample{
		Labels: labels.FromStrings(metric.NameLabel, "up", "cluster", clusterName, "instance", instance, "job", job).WithoutEmpty(),
		At:     at,
	}
	if up {
		s.Value = 1
	}
	return s
}
