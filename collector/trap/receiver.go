package trap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/mib"
)

// Receiver receives traps.
type Receiver struct {
	cfg     Config
	names   *mib.Table
	metrics *metrics
	allow   []netip.Prefix
	users   map[string]user
	table   *gosnmp.SnmpV3SecurityParametersTable
	pairs   []pair
	socket  atomic.Pointer[net.UDPConn] // nil: the address is taken, or there is none

	// What follows is that of Run's goroutine, and of New before.
	engine  *engine
	sources *sources
	informs informs
	events  bucket
	open    map[string]*problem
	dirty   bool // open is not as it is saved

	mu   sync.Mutex // guards last
	last Refusal
}

// Refusal is the last datagram that was not taken.
type Refusal struct {
	At     time.Time `json:"at"`
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	// Begin are its first bytes, quoted.
	Begin string `json:"begin"`
}

// Stats is what a Receiver tells of itself.
type Stats struct {
	Listen      string   `json:"listen"` // "": it does not
	LastRefused *Refusal `json:"last_refused,omitempty"`
}

// New reads the secrets and the state, and binds the socket.
func New(cfg Config, now time.Time) (*Receiver, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.complete()
	r := &Receiver{cfg: cfg, names: mib.New(), open: map[string]*problem{}, sources: newSources(cfg)}
	r.engine = &engine{since: now, peers: map[string]peer{}, reports: map[string]uint32{}}
	r.pairs = newPairs(cfg.Pairs, r.names)
	r.allow, _ = parseAllow(cfg.Allow)
	r.events = bucket{tokens: cfg.EventRate, at: now}
	var err error
	if r.users, err = newUsers(cfg.Users); err != nil {
		return nil, fmt.Errorf("users of traps: %w", err)
	}
	r.table = gosnmp.NewSnmpV3SecurityParametersTable(gosnmp.Logger{})
	for name, u := range r.users {
		if err := r.table.Add(name, u.params); err != nil {
			return nil, fmt.Errorf("keys of the user %q: %w", name, err)
		}
	}
	if r.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, fmt.Errorf("register metrics of traps: %w", err)
	}
	if err := r.load(); err != nil {
		return nil, err
	}
	if err := r.bind(); err != nil && (!cfg.Optional || !errors.Is(err, syscall.EADDRINUSE)) {
		return nil, fmt.Errorf("listen for traps: %w", err)
	} else if err != nil {
		cfg.Logger.Warn("traps are not received: the address is taken; trying again", "listen", cfg.Listen)
	}
	return r, nil
}

const receiveBuffer = 4 << 20

func (r *Receiver) bind() error {
	if r.cfg.Listen == "" {
		return nil
	}
	address, err := net.ResolveUDPAddr("udp", r.cfg.Listen)
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp", address)
	if err != nil {
		return err
	}
	_ = socket.SetReadBuffer(receiveBuffer) // as much as the kernel gives
	r.socket.Store(socket)
	return nil
}

// Addr is where traps are received, nil for nowhere.
func (r *Receiver) Addr() net.Addr {
	if s := r.socket.Load(); s != nil {
		return s.LocalAddr()
	}
	return nil
}

// Close closes the socket of a Receiver that is not run.
func (r *Receiver) Close() error {
	if s := r.socket.Swap(nil); s != nil {
		return s.Close()
	}
	return nil
}

// Stats tells where traps are received and what was last refused.
func (r *Receiver) Stats() Stats {
	var s Stats
	if a := r.Addr(); a != nil {
		s.Listen = a.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.At.IsZero() {
		last := r.last
		s.LastRefused = &last
	}
	return s
}

// beat is how often what is open is looked after; a read waits no longer.
const beat = time.Second

// Run receives until ctx ends, and then takes what has already come.
func (r *Receiver) Run(ctx context.Context) error {
	buf := make([]byte, 65535)
	next := time.Now().Add(beat)
	for ctx.Err() == nil {
		r.read(ctx, buf, next)
		if now := time.Now(); !now.Before(next) {
			r.tick(ctx, now)
			next = now.Add(beat)
		}
	}
	drain := time.Now().Add(drainTime)
	for r.read(context.WithoutCancel(ctx), buf, time.Now().Add(quietTime)) && time.Now().Before(drain) {
		continue
	}
	return errors.Join(r.save(), r.Close())
}

const (
	drainTime = 500 * time.Millisecond
	quietTime = 10 * time.Millisecond
)

// read takes one datagram; false: none came before the instant until, or ctx
// ended.
func (r *Receiver) read(ctx context.Context, buf []byte, until time.Time) bool {
	socket := r.socket.Load()
	if socket == nil {
		wait(ctx, time.Until(until))
		return false
	}
	_ = socket.SetReadDeadline(until)
	stop := context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })
	n, from, err := socket.ReadFromUDPAddrPort(buf)
	stop()
	if err != nil {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			wait(ctx, quietTime) // whatever it is must not make us spin
		}
		return false
	}
	if reply := r.take(ctx, buf[:n], sender(from), time.Now()); reply != nil {
		_, _ = socket.WriteToUDPAddrPort(reply, from) // it comes again if that is lost
	}
	return true
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// tick looks after what is open, and tries to get an address that was taken.
func (r *Receiver) tick(ctx context.Context, now time.Time) {
	if r.socket.Load() == nil && r.cfg.Listen != "" {
		if err := r.bind(); err == nil {
			r.cfg.Logger.Info("traps are received", "listen", r.Addr())
		}
	}
	r.retell(ctx, now)
	r.metrics.open.Set(float64(len(r.open)))
	if r.dirty {
		if err := r.save(); err != nil {
			r.metrics.problems.Inc()
			r.cfg.Logger.Error("traps", "err", err)
		}
	}
}

// Reasons of what is refused before it is decoded.
var (
	errRate  = errors.New("rate of the source")
	errAllow = errors.New("source")
)

// take takes one datagram and returns what to answer.
func (r *Receiver) take(ctx context.Context, datagram []byte, from netip.AddrPort, now time.Time) []byte {
	if !r.allowed(from.Addr()) {
		r.refuse(datagram, from, errAllow, now)
		return nil
	}
	if !r.sources.admit(from.Addr(), now) {
		r.refuse(datagram, from, errRate, now)
		return nil
	}
	p, reply, err := r.decode(datagram, now)
	if err != nil {
		if !errors.Is(err, errDiscovery) {
			r.refuse(datagram, from, err, now)
		}
		return reply
	}
	n := noticeOf(p, from, r.names)
	if n.Inform {
		r.metrics.answered.Inc()
		if r.informs.seen(inform{from, p.RequestID}, now) {
			r.metrics.repeated.Inc()
			return reply
		}
	}
	r.metrics.received.WithLabelValues(n.Version).Inc()
	r.pass(ctx, n, now)
	return reply
}

func (r *Receiver) allowed(a netip.Addr) bool {
	for _, p := range r.allow {
		if p.Contains(a) {
			return true
		}
	}
	return len(r.allow) == 0
}

// pass gives a notice to all who want it.
func (r *Receiver) pass(ctx context.Context, n Notice, now time.Time) {
	address := n.Agent
	if address == "" {
		address = n.Source.Addr().String()
	}
	device := r.cfg.Device(address)
	if device == "" {
		// One behind a router that translates addresses is known by the sender's.
		device = r.cfg.Device(n.Source.Addr().String())
	}
	if device == "" {
		device = address
	}
	r.settle(ctx, n, device, now)
	r.event(ctx, n, device, now)
	r.cfg.Poll(device)
}

// event tells of a notice as an event, unless there are too many.
func (r *Receiver) event(ctx context.Context, n Notice, device string, now time.Time) {
	if !r.events.take(now, r.cfg.EventRate, max(1, int(r.cfg.EventRate*5))) {
		r.metrics.refused.WithLabelValues("rate of events").Inc()
		return
	}
	e := metric.Event{
		At: now, Title: n.Name + " from " + device, Text: n.lines(r.names), Host: device, Source: "snmp", Type: "info",
		Key:    "snmp " + device + " " + n.Number,
		Labels: map[string]string{"trap": n.Number, "sender": n.Source.Addr().String(), "version": n.Version},
	}
	if n.Agent != "" {
		e.Labels["agent"] = n.Agent
	}
	switch n.Number {
	case numberLinkDown, numberTraps + ".5", numberTraps + ".6": // authenticationFailure, egpNeighborLoss
		e.Type = "warning"
	case numberLinkUp:
		e.Type = "success"
	}
	if err := r.cfg.Events.PutEvent(ctx, e); err != nil {
		r.metrics.refused.WithLabelValues("event").Inc()
	}
}

// quoted is how much of a datagram is quoted.
const quoted = 64

// refuse counts and notes a datagram that is not taken.
func (r *Receiver) refuse(datagram []byte, from netip.AddrPort, err error, now time.Time) {
	reason := "other"
	for _, known := range []error{errRate, errAllow, errMalformed, errCommunity, errUser, errLevel, errReplay, errTime, errEngine, errKind} {
		if errors.Is(err, known) {
			reason = known.Error()
			break
		}
	}
	r.metrics.refused.WithLabelValues(reason).Inc()
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, errRate) && now.Sub(r.last.At) < beat {
		return // a flood is not worth to be quoted each time
	}
	r.last = Refusal{At: now, Source: from.String(), Reason: reason}
	if errors.Is(err, errMalformed) { // the others hold a community or a user
		r.last.Begin = fmt.Sprintf("%q", datagram[:min(quoted, len(datagram))])
	}
}
