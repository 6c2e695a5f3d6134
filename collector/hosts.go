package collector

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// intervalName is the series by whose arrival a host is known to be alive.
const intervalName = "plimsoll_agent_interval_seconds"

// silentIntervals is how many of its intervals a host may be silent.
const silentIntervals = 3

// Bounds of an interval that is believed; a host that tells another one is
// watched with the nearest.
const (
	minInterval = time.Second
	maxInterval = time.Hour
)

// believed returns the interval that a host tells in seconds, within bounds.
func believed(seconds float64) time.Duration {
	if !(seconds >= minInterval.Seconds()) { // also a NaN
		return minInterval
	}
	seconds = min(seconds, maxInterval.Seconds())
	return time.Duration(seconds * float64(time.Second)).Truncate(time.Millisecond)
}

type hostKey struct{ instance, job string }

// host is one watched host.
type host struct {
	interval time.Duration
	seen     time.Time // when it was last heard of
	patience time.Time // silence counts from here: seen, or the start if later
	up       bool
	source   string // who brought it; "" of those that were known at the start
	told     int64  // the last multiple of interval that up was put for
}

// hosts are the watched hosts.
type hosts struct {
	limit   int
	silence time.Duration // after which a host is no longer watched

	mu      sync.Mutex // guards what follows
	by      map[hostKey]*host
	from    map[string]int // how many by source
	changed chan struct{}  // closed and replaced at each change
	dirty   bool           // something is not yet in the state file
	ignored int            // heartbeats of hosts beyond the limit
}

// seen takes note of the hosts that a batch speaks for.
func (h *hosts) seen(samples []metric.Sample, source string, now time.Time) {
	for i := range samples {
		if l := samples[i].Labels; l.Get(metric.NameLabel) == intervalName {
			h.heard(hostKey{l.Get("instance"), l.Get("job")}, believed(samples[i].Value), source, now)
		}
	}
}

// heard takes note of a beat. A source may bring a quarter of all hosts, so that
// others have room when one makes them up.
func (h *hosts) heard(key hostKey, interval time.Duration, source string, now time.Time) {
	if key.instance == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	it := h.by[key]
	if it == nil {
		if len(h.by) >= h.limit || source != "" && h.from[source] >= max(h.limit/4, 1) {
			h.ignored++
			return
		}
		it = &host{source: source}
		h.by[key] = it
		h.from[source]++
	}
	if !it.up || it.interval != interval {
		it.up, it.interval = true, interval
		h.changeLocked()
	}
	it.seen, it.patience = now, now
}

// judge finds who fell silent and who is no longer watched, and returns the
// samples of up that are due at now.
func (h *hosts) judge(now time.Time) []metric.Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []metric.Sample
	for key, it := range h.by {
		if now.Sub(it.seen) > h.silence {
			h.removeLocked(key)
			continue
		}
		if it.up && now.Sub(it.patience) > silentIntervals*it.interval {
			it.up = false
			h.changeLocked()
		}
		step := it.interval.Milliseconds()
		if due := metric.Millis(now) / step * step; due > it.told || due < it.told-step {
			it.told = due
			out = append(out, upSample(key, due, it.up))
		}
	}
	return out
}

func upSample(key hostKey, at int64, up bool) metric.Sample {
	s := metric.Sample{
		Labels: labels.FromStrings(metric.NameLabel, "up", "instance", key.instance, "job", key.job).WithoutEmpty(),
		At:     at,
	}
	if up {
		s.Value = 1
	}
	return s
}

func (h *hosts) changeLocked() {
	close(h.changed)
	h.changed = make(chan struct{})
	h.dirty = true
}

// Hosts returns the known hosts, sorted by instance and job.
func (c *Collector) Hosts() []metric.Host {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	return c.hosts.listLocked()
}

func (h *hosts) listLocked() []metric.Host {
	out := make([]metric.Host, 0, len(h.by))
	for key, it := range h.by {
		out = append(out, metric.Host{
			Instance: key.instance, Job: key.job, Up: it.up, LastSeen: it.seen,
			IntervalSeconds: it.interval.Seconds(),
		})
	}
	slices.SortFunc(out, func(a, b metric.Host) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Job, b.Job))
	})
	return out
}

// HostsChanged returns a channel that is closed when a host next comes, goes,
// falls silent or is heard again.
func (c *Collector) HostsChanged() <-chan struct{} {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	return c.hosts.changed
}

// state says whether a host is up, and whether it beats at all.
func (h *hosts) state(key hostKey) (up, beats bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	it := h.by[key]
	return it != nil && it.up, it != nil
}

func (h *hosts) beats(key hostKey) bool {
	_, beats := h.state(key)
	return beats
}

// retire stops watching a host, of all jobs when job is empty, until it is heard
// of again.
func (h *hosts) retire(instance, job string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.by {
		if key.instance == instance && (job == "" || key.job == job) {
			h.removeLocked(key)
		}
	}
}

func (h *hosts) removeLocked(key hostKey) {
	source := h.by[key].source
	if h.from[source]--; h.from[source] <= 0 {
		delete(h.from, source)
	}
	delete(h.by, key)
	h.changeLocked()
}
