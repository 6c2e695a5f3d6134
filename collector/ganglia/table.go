package ganglia

import (
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/collector/port"
	"plimsoll/internal/metric"
)

// Why something is refused.
const (
	reasonMalformed  = "malformed"
	reasonOld        = "old protocol"
	reasonNotAllowed = port.NotAllowed
	reasonSources    = "source limit"
	reasonRate       = "rate limit"
	reasonHosts      = "host limit"
	reasonMetrics    = "metric limit"
	reasonName       = "bad name"
	reasonReserved   = "reserved name"
	reasonCollision  = "name collision"
	reasonNumber     = "not a number"
	reasonOften      = "too often"
)

// askAgain is how often one metric's metadata are asked for at most.
const askAgain = 20 * time.Second

// hostKey says which host: of datagrams (origin is then empty) by address or what
// was spoofed, of a data source by cluster and name.
type hostKey struct{ origin, id string }

// host is one host.
type host struct {
	key      hostKey
	source   string // on whose account it is
	name     string // empty: its address is being looked up
	ip       string
	cluster  string
	location string
	started  int64
	heard    time.Time
	tmax     time.Duration
	dmax     time.Duration
	readings map[string]*reading
	owners   map[string]*reading // of the names of series
}

// alive says whether the host is up, by Ganglia's rule.
func (h *host) alive(now time.Time) bool { return now.Sub(h.heard) <= 4*h.tmax }

// table holds all hosts that were heard of.
type table struct {
	config *Config
	count  func(reason, source, text string) // of what is refused
	name   func(netip.Addr, time.Time) (string, bool)

	mu       sync.Mutex // guards what follows, and all that it holds
	hosts    map[hostKey]*host
	bySource map[string]int
	silent   map[string]bool // data sources that cannot be polled
	texts    uint64          // values that are no numbers
}

func newTable(c *Config, count func(reason, source, text string)) *table {
	return &table{config: c, count: count, hosts: map[hostKey]*host{}, bySource: map[string]int{}, silent: map[string]bool{}}
}

// hostLocked returns a host, which is made if there is room.
func (t *table) hostLocked(key hostKey, source string) *host {
	h := t.hosts[key]
	if h != nil {
		return h
	}
	if len(t.hosts) >= t.config.MaxHosts || t.bySource[source] >= t.config.MaxHostsPerSource {
		return nil
	}
	h = &host{key: key, source: source, readings: map[string]*reading{}, owners: map[string]*reading{}}
	t.hosts[key] = h
	t.bySource[source]++
	return h
}

func (t *table) forgetLocked(h *host) {
	delete(t.hosts, h.key)
	if t.bySource[h.source]--; t.bySource[h.source] == 0 {
		delete(t.bySource, h.source)
	}
}

// packet takes a datagram, and returns what is to be stored and whether to ask for
// metadata.
func (t *table) packet(p *xdr.Packet, from netip.Addr, now time.Time) (out []metric.Sample, ask bool) {
	if !goodName(p.Name) || p.Spoofed && !goodName(p.Host) {
		t.count(reasonName, from.String(), p.Host+" "+p.Name)
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	h, name := t.senderLocked(p, from, now)
	if h == nil {
		t.count(reasonHosts, from.String(), p.Host)
		return nil, false
	}
	if name != "" && name != h.name {
		out = t.renameLocked(h, name, now)
	}
	h.heard = now
	if p.Name == "heartbeat" || p.Name == "location" {
		h.note(p)
		return out, false
	}
	r := t.readingLocked(h, p.Name)
	if r == nil {
		return out, false
	}
	if p.ID == xdr.Metadata {
		return append(out, t.describeLocked(h, r, p.Info, now)...), false
	}
	r.setPacket(p, now)
	if !r.described {
		ask = now.Sub(r.asked) >= askAgain
		if ask {
			r.asked = now
		}
		return out, ask
	}
	return append(out, t.tellLocked(h, r, metric.Millis(now))...), false
}

// senderLocked returns the host that a packet is of, nil if there are too many, and
// its name, "" while that is not known.
func (t *table) senderLocked(p *xdr.Packet, from netip.Addr, now time.Time) (h *host, name string) {
	source := from.String()
	key, ip := hostKey{id: source}, source
	switch {
	case p.Spoofed:
		key.id = "spoofed " + p.Host
		ip, name = spoofed(p.Host)
	case t.config.Names == namesPacket && goodName(p.Host):
		key.id, name = source+" "+p.Host, p.Host
	case t.config.Names == namesDNS:
		name, _ = t.name(from, now)
	default:
		name = source
	}
	if h = t.hostLocked(key, source); h != nil {
		h.ip, h.cluster, h.tmax = ip, t.config.Cluster, t.config.HostTMAX
	}
	return h, name
}

// note takes what a host tells of itself.
func (h *host) note(p *xdr.Packet) {
	switch {
	case !p.IsValue():
	case p.Name == "location":
		h.location = p.Value.Text
	case p.ID == xdr.Uint:
		h.started = int64(p.Value.Number)
	}
}

// readingLocked returns a metric of a host, which is made if there is room.
func (t *table) readingLocked(h *host, name string) *reading {
	r := h.readings[name]
	if r != nil {
		return r
	}
	if len(h.readings) >= t.config.MaxMetricsPerHost {
		t.count(reasonMetrics, h.source, h.key.id+" "+name)
		return nil
	}
	r = &reading{name: name}
	h.readings[name] = r
	return r
}

// named gives a host of datagrams its name, and returns what waited for it.
func (t *table) named(addr netip.Addr, name string, now time.Time) (source string, out []metric.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hosts[hostKey{id: addr.String()}]
	if h == nil || h.name == name {
		return "", nil
	}
	return h.source, t.renameLocked(h, name, now)
}

// renameLocked names a host, labels its metrics, and returns the values that waited
// for that, or go on under another name.
func (t *table) renameLocked(h *host, name string, now time.Time) (out []metric.Sample) {
	h.name, h.owners = name, map[string]*reading{}
	for _, r := range h.readings {
		if !r.described {
			continue
		}
		t.labelLocked(h, r)
		if !r.heard.IsZero() && now.Sub(r.heard) <= r.life() {
			out = append(out, t.tellLocked(h, r, metric.Millis(now))...)
		}
	}
	return out
}

// describeLocked takes metadata, and returns the value that waited for them.
func (t *table) describeLocked(h *host, r *reading, info xdr.Info, now time.Time) []metric.Sample {
	waited := !r.described
	if !r.describe(info) {
		return nil
	}
	t.labelLocked(h, r)
	if !waited || r.heard.IsZero() || now.Sub(r.heard) > r.life() {
		return nil
	}
	return t.tellLocked(h, r, metric.Millis(now))
}

// labelLocked makes the labels of a series, if there is to be one.
func (t *table) labelLocked(h *host, r *reading) {
	r.labels = labels.EmptyLabels()
	name := seriesName(r.name)
	if h.owners[name] == r {
		delete(h.owners, name)
	}
	switch owner := h.owners[name]; {
	case h.name == "" || r.isText():
	case name == "up":
		t.count(reasonReserved, h.source, r.name)
	case owner != nil:
		t.count(reasonCollision, h.source, h.name+": "+r.name+" and "+owner.name+" are both "+name)
	default:
		h.owners[name] = r
		r.relabel(h.name, h.cluster)
	}
}

// tellLocked makes a sample of a metric's value, if it can be one.
func (t *table) tellLocked(h *host, r *reading, at int64) []metric.Sample {
	switch {
	case r.isText():
		t.texts++
	case r.labels.IsEmpty(): // its host has no name yet, or labelLocked has said why
	case !r.numeric:
		t.count(reasonNumber, h.source, h.name+" "+r.name+" = "+r.text)
	default:
		s, ok := r.sample(at)
		if ok {
			return []metric.Sample{s}
		}
		t.count(reasonOften, h.source, h.name+" "+r.name)
	}
	return nil
}

// counts are how much a table holds.
type counts struct {
	hosts, metrics, undescribed int
	texts                       uint64
}

func (t *table) counts() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := counts{hosts: len(t.hosts), texts: t.texts}
	for _, h := range t.hosts {
		c.metrics += len(h.readings)
		for _, r := range h.readings {
			if !r.described {
				c.undescribed++
			}
		}
	}
	return c
}
