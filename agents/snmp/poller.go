package snmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/mib"
)

// Poller polls devices.
type Poller struct {
	cfg      Config
	log      *slog.Logger
	metrics  *metrics
	exchange *exchange
	devices  []*device
	// room and doubtful hold a token for each poll under way: of a device that
	// answered the last time, and of one that did not.
	room, doubtful chan struct{}
}

// New reads the secrets and opens the socket that all is asked through. Without
// devices there is none.
func New(cfg Config) (*Poller, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.SinkFor == nil {
		return nil, errors.New("snmp has no sink")
	}
	p := &Poller{
		cfg: cfg, log: cfg.Logger, room: make(chan struct{}, cfg.MaxInFlight),
		doubtful: make(chan struct{}, max(1, cfg.MaxInFlight/4)),
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	plans, names := map[string]*plan{}, mib.New()
	var errs []error
	for _, c := range cfg.Devices {
		d, err := p.newDevice(c, plans, names)
		errs = append(errs, err)
		p.devices = append(p.devices, d)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var err error
	if p.exchange, err = newExchange(); err != nil {
		return nil, fmt.Errorf("open socket of snmp: %w", err)
	}
	if p.metrics, err = newMetrics(cfg.Registerer, p); err != nil {
		return nil, errors.Join(fmt.Errorf("register metrics of snmp: %w", err), p.exchange.socket.Close())
	}
	return p, nil
}

// newDevice makes a device; those that are asked for the same share a plan.
func (p *Poller) newDevice(c Device, plans map[string]*plan, names *mib.Table) (*device, error) {
	access, err := newAccess(c)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(c.Modules, c.OIDs)
	if plans[key] == nil {
		plans[key] = newPlan(c, names)
	}
	d := &device{
		cfg: c, name: c.name(), job: p.cfg.Job, interval: c.Interval, timeout: c.Timeout, interfaceLabels: c.InterfaceLabels,
		sink: p.cfg.SinkFor("snmp " + c.name()), access: access, plan: plans[key], ask: make(chan struct{}, 1),
		tuning: tuning{repetitions: 10}, counts: map[string]*row{}, texts: map[string]string{}, changed: map[string]float64{}, own: map[string]labels.Labels{},
	}
	d.host, _ = c.hostPort()
	if d.interval == 0 {
		d.interval = p.cfg.Interval
	}
	if d.timeout == 0 {
		d.timeout = p.cfg.Timeout
	}
	if d.interfaceLabels == nil {
		d.interfaceLabels = []string{"ifDescr"}
	}
	for _, t := range d.plan.tables {
		d.tables = append(d.tables, keep(t))
		if t.changed != "" {
			number, _ := names.Number(t.changed + ".0")
			d.changed[number] = 0
		}
	}
	return d, nil
}

// Run polls until ctx ends; polls under way are given up.
func (p *Poller) Run(ctx context.Context) error {
	var devices, reader sync.WaitGroup
	reader.Go(p.exchange.run) // ends with the socket, which is closed below
	for _, d := range p.devices {
		devices.Go(func() { p.rhythm(ctx, d) })
	}
	<-ctx.Done()
	devices.Wait()
	err := p.exchange.socket.Close()
	reader.Wait()
	return err
}

// Poll asks for a poll of a device at once; it does not wait for it. address is
// an address or a name of the device. It reports whether there is such a device.
func (p *Poller) Poll(address string) bool {
	d := p.find(address)
	if d == nil {
		return false
	}
	select {
	case d.ask <- struct{}{}:
	default: // one is wanted already
	}
	return true
}

// Device returns the name by which a device at an address is shown, "" for none.
func (p *Poller) Device(address string) string {
	if d := p.find(address); d != nil {
		return d.name
	}
	return ""
}

// Interface returns the name of an interface, "" where it is not known.
func (p *Poller) Interface(address string, ifIndex int) string {
	d := p.find(address)
	if d == nil {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.interfaces[strconv.Itoa(ifIndex)]
}

// Up returns whether an interface was up when it was last polled, at an instant
// by our clock; a zero instant means that it is not known.
func (p *Poller) Up(address, name string) (up bool, at time.Time) {
	d := p.find(address)
	if d == nil {
		return false, time.Time{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if up, known := d.up[name]; known {
		return up, d.upAt
	}
	return false, time.Time{}
}

// find looks a device up by its name or one of its addresses.
func (p *Poller) find(address string) *device {
	for _, d := range p.devices {
		if d.name == address || d.host == address {
			return d
		}
	}
	for _, d := range p.devices {
		d.mu.Lock()
		addresses := d.addresses
		d.mu.Unlock()
		for _, a := range addresses {
			if a == address {
				return d
			}
		}
	}
	return nil
}

// Interfaces returns a copy of the interfaces' names of a device by their index.
func (p *Poller) Interfaces(address string) map[string]string {
	d := p.find(address)
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.interfaces)
}
