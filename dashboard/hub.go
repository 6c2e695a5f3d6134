package dashboard

import (
	"context"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"plimsoll/internal/metric"
)

const (
	livePeriod = time.Second
	livePhase  = 200 * time.Millisecond // after the full second, when its samples are in

	goodbyeWithin = time.Second // at shutdown
)

// hub evaluates what the open pages ask for, once a second for all of them, and
// lays the outcome into their mailboxes.
type hub struct {
	cfg      Config
	gauges   *gauges
	upgrader websocket.Upgrader
	writers  sync.WaitGroup // one for each client's writer

	mu      sync.Mutex // guards all below
	closed  bool
	clients map[*client]struct{}
	exprs   map[string]*expression
	states  [stateCount][]byte // the newest frames; nil before the first

	// shown and shownAt are the hosts last sent, and when; run's own.
	shown   []metric.Host
	shownAt time.Time
}

// expression is one distinct expression with how many clients want it. The
// running round alone touches cost and broken.
type expression struct {
	text   string
	users  int
	cost   time.Duration // of the last evaluation
	broken *part         // set when it can never be answered
}

// round is the outcome of all expressions at one instant. It does not change
// once clients have it.
type round struct {
	at    int64 // Unix milliseconds
	parts map[string]*part
}

// part is the outcome of one expression: encoded once, shared by all clients.
type part struct {
	json []byte // [{"labels":{…},"value":1.5}…]
	err  string // what is wrong instead
}

func newHub(cfg Config, g *gauges) *hub {
	return &hub{
		cfg:     cfg,
		gauges:  g,
		clients: map[*client]struct{}{},
		exprs:   map[string]*expression{},
		// gorilla/websocket refuses, by default, an Origin that is not the Host.
		upgrader: websocket.Upgrader{HandshakeTimeout: headerTimeout, ReadBufferSize: 4 << 10, WriteBufferSize: 16 << 10},
	}
}

// run makes a round each second, and watches alerts, events and hosts, until ctx
// ends.
func (h *hub) run(ctx context.Context) {
	var watchers sync.WaitGroup // waited for below
	watchers.Go(func() { h.watchAlerts(ctx) })
	watchers.Go(func() { h.watchEvents(ctx) })
	h.publishHosts(h.cfg.Now())
	for {
		timer := time.NewTimer(untilNext(h.cfg.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			watchers.Wait()
			h.end()
			return
		case now := <-timer.C:
			h.publishHosts(now)
			h.turn(ctx, now.Truncate(livePeriod))
		}
	}
}

// turn is what the hub does for the second at: the round for all, then, in the
// time that is left, the past for those who came since.
func (h *hub) turn(ctx context.Context, at time.Time) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Limits.LiveTimeout)
	defer cancel()
	r := h.evaluate(ctx, at)
	h.publish(r)
	h.recall(ctx, r)
}

// untilNext returns how long it is from now to the next round.
func untilNext(now time.Time) time.Duration {
	next := now.Truncate(livePeriod).Add(livePhase)
	if !next.After(now) {
		next = next.Add(livePeriod)
	}
	return next.Sub(now)
}

// publish gives r to every client. One that has not taken the round before
// skips that.
func (h *hub) publish(r *round) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		if c.box.putRound(r) {
			h.gauges.skipped.Inc()
		}
	}
}

// close tells every client that the server goes away, and takes no more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.dismissLocked()
}

// dismiss closes all websockets; they may come back.
func (h *hub) dismiss() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dismissLocked()
}

func (h *hub) dismissLocked() {
	for c := range h.clients {
		c.box.close()
	}
}

// end closes all clients, and cuts off those that do not take the good-bye.
func (h *hub) end() {
	h.close()
	cut := time.AfterFunc(goodbyeWithin, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for c := range h.clients {
			_ = c.conn.Close()
		}
	})
	defer cut.Stop()
	h.writers.Wait()
}
