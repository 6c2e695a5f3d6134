package ganglia

import (
	"time"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/collector/ganglia/xdr"
	"plimsoll/internal/metric"
)

// fresh is how much later a value was heard, by the whole seconds of TN, if it is
// another one.
const fresh = 1500 * time.Millisecond

// report takes a host as a data source tells of it, and returns what is to be
// stored.
func (t *table) report(source string, head cluster.Head, in *cluster.Host, now time.Time) (out []metric.Sample) {
	if !goodName(in.Name) || head.Name != "" && !goodName(head.Name) {
		t.count(reasonName, source, head.Name+" "+in.Name)
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hostLocked(hostKey{origin: source, id: head.Name + "/" + in.Name}, source)
	if h == nil {
		t.count(reasonHosts, source, in.Name)
		return nil
	}
	h.name, h.ip, h.cluster, h.location, h.started = in.Name, in.IP, head.Name, in.Location, in.Started
	h.heard, h.tmax, h.dmax = now.Add(-span(in.TN)), span(in.TMAX), span(in.DMAX)
	if in.TMAX == 0 {
		h.tmax = t.config.HostTMAX
	}
	for i := range in.Metrics {
		out = append(out, t.measureLocked(h, &in.Metrics[i], now)...)
	}
	return out
}

func span(n int64) time.Duration { return seconds(uint32(min(max(n, 0), 1<<32-1))) }

// measureLocked takes one metric of a polled host.
func (t *table) measureLocked(h *host, m *cluster.Metric, now time.Time) []metric.Sample {
	if !goodName(m.Name) || len(m.Value) > maxValue {
		t.count(reasonName, h.source, h.name+" "+m.Name)
		return nil
	}
	r := t.readingLocked(h, m.Name)
	if r == nil {
		return nil
	}
	if r.describe(infoOf(m)) {
		t.labelLocked(h, r)
	}
	heard := now.Add(-span(m.TN))
	isNew := heard.Sub(r.heard) > fresh || m.Value != r.text
	r.set(m.Value, heard)
	if !h.alive(now) || span(m.TN) > r.life() {
		return nil
	}
	if r.kind != metric.Counter {
		return t.tellLocked(h, r, metric.Millis(now))
	}
	if isNew && metric.Millis(heard) > r.lastAt {
		return t.tellLocked(h, r, metric.Millis(heard))
	}
	return nil
}

// maxValue bounds a value, in bytes: gmond's own fit a datagram.
const maxValue = 2048

// infoOf is a metric's metadata in the order in which its sender gave them.
func infoOf(m *cluster.Metric) xdr.Info {
	i := xdr.Info{Type: m.Type, Units: m.Units, TMAX: uint32(min(m.TMAX, 1<<32-1)), DMAX: uint32(min(m.DMAX, 1<<32-1))}
	i.Slope, _ = xdr.ParseSlope(m.Slope)
	for j := len(m.Extra) - 1; j >= 0; j-- {
		i.Extra = append(i.Extra, xdr.Extra(m.Extra[j]))
	}
	return i
}

// setSilent notes whether a data source can be polled.
func (t *table) setSilent(source string, silent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if silent {
		t.silent[source] = true
	} else {
		delete(t.silent, source)
	}
}
