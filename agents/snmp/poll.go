package snmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// identityEvery is how often names, descriptions and the like are read anew
// though nothing tells that they changed.
const identityEvery = 5 * time.Minute

// device is one device and what is known of it. Its own goroutine uses it, but
// for what mu guards.
type device struct {
	cfg             Device
	name, job, host string
	interval        time.Duration
	timeout         time.Duration
	interfaceLabels []string
	sink            metric.Sink
	access          *access
	plan            *plan
	ask             chan struct{} // holds a token when a poll is wanted at once

	address  netip.AddrPort
	clock    clock
	tuning   tuning
	scalars  []object
	counts   map[string]*row // of scalars, by metric
	texts    map[string]string
	tables   []*kept
	changed  map[string]float64 // what the scalars that tell of changes said
	identity time.Time          // when names were read
	run      int                // of the clock, then
	polls    int
	failures int // polls in a row without an answer
	pause    int // instants from one poll of a dead device to the next
	wait     int // instants that are still let pass
	success  time.Time
	own      map[string]labels.Labels // of the account of its polls
	pending  []metric.Sample          // that the sink did not take
	wasDown  bool

	mu         sync.Mutex // guards what follows
	addresses  []string   // at which the device was asked, without ports
	interfaces map[string]string
	up         map[string]bool // by the name of the interface
	upAt       time.Time
}

// result is how a poll went.
type result struct {
	samples         []metric.Sample
	answered        bool // at least once
	err             error
	took, walking   time.Duration
	sent, resent, n int
}

// poll asks the device for all. now is our time.
func (d *device) poll(ctx context.Context, x *exchange, now time.Time, retries int) (r result) {
	defer func() { r.took = time.Since(now) }()
	if r.err = d.resolve(ctx); r.err != nil {
		return r
	}
	s := d.access.session(ctx, x, d.address, d.timeout, retries)
	defer s.close()
	d.polls++
	var b batch
	refresh := d.identity.IsZero() || now.Sub(d.identity) >= identityEvery
	began := time.Now()
	r.err = d.all(s, &b, refresh)
	r.walking = time.Since(began)
	r.samples, r.sent, r.resent, r.n = b.samples, s.sent, s.resent, s.values
	if r.answered = s.values > 0; r.answered && d.clock.known {
		b.gauge(d.ownLabels("sysUpTime"), d.clock.at, float64(d.clock.ticks))
		r.samples = b.samples
	}
	if r.err == nil {
		d.tuning.grow()
		if refresh {
			d.identity = now
		}
	}
	return r
}

// all asks for the scalars, then the tables, and reads names where they may have
// changed.
func (d *device) all(s *session, b *batch, refresh bool) error {
	change, err := d.askScalars(s, b, refresh)
	if err != nil {
		return err
	}
	refresh = refresh || change
	if refresh && len(d.plan.texts) > 0 {
		if _, err := s.scalars(d.plan.texts, &d.clock, func(o object, v value, _ time.Time) { d.texts[o.metric] = v.text }); err != nil {
			return err
		}
	}
	for metric, text := range d.texts {
		b.gauge(d.labelsFor(metric, metric, text), s.now(&d.clock), 1)
	}
	for _, k := range d.tables {
		v, err := d.measure(s, k, refresh || d.run != d.clock.run)
		d.emit(b, k, v)
		d.tell(k, v)
		if err != nil {
			return err
		}
	}
	d.run = d.clock.run
	return nil
}

// askScalars asks for the scalars, and reports whether one of those that tell of
// changes has changed.
func (d *device) askScalars(s *session, b *batch, refresh bool) (change bool, err error) {
	if refresh {
		d.scalars = d.wanted()
	}
	d.scalars, err = s.scalars(d.scalars, &d.clock, func(o object, v value, at time.Time) {
		if _, tells := d.changed[o.number]; tells {
			f, _ := v.float()
			change = change || f != d.changed[o.number]
			d.changed[o.number] = f
			return
		}
		r := d.counts[o.metric]
		if r == nil {
			r = &row{narrow: make([]narrow, 1)}
			r.series = append(r.series, d.labelsFor(o.metric))
			d.counts[o.metric] = r
		}
		r.sign.run = d.clock.run
		b.value(o, r.series[0], r, 0, v, at)
	})
	return change, err
}

// wanted are all scalars that are asked: those of the plan and those that tell
// that a table changed.
func (d *device) wanted() (all []object) {
	all = append(all, d.plan.scalars...)
	for number := range d.changed {
		all = append(all, object{number: number})
	}
	return all
}

// tell lets others know the interfaces.
func (d *device) tell(k *kept, v *view) {
	if k.key != "ifName" {
		return
	}
	up, place := map[string]bool{}, -1
	for i, c := range k.columns {
		if c.metric == "ifOperStatus" {
			place = i
		}
	}
	for _, r := range v.rows {
		if c := r.cells[place]; c.class == number {
			up[k.names[r.index]] = c.number == 1
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.interfaces, d.up, d.upAt = k.names, up, d.clock.seen
}

// resolve finds the device's address, once it is needed and again when it no
// longer answers.
func (d *device) resolve(ctx context.Context) error {
	if d.address.IsValid() && d.failures == 0 {
		return nil
	}
	host, port := d.cfg.hostPort()
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	switch {
	case err != nil && d.address.IsValid():
		return nil // the old one may still do
	case err != nil:
		return err
	case len(found) == 0:
		return errors.New("host has no address")
	}
	d.address = netip.AddrPortFrom(found[0].Unmap(), uint16(n))
	var addresses []string
	for _, a := range found {
		addresses = append(addresses, a.Unmap().String())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addresses = addresses
	return nil
}
