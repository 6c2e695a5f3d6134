package e2e

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"plimsoll/agents/spool"
)

// wire is a connection between an agent and its collector that can be cut, or
// lose the answers.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex // guards what follows
	state wireState
	open  map[net.Conn]struct{}
}

type wireState int

const (
	passes wireState = iota
	cut
	losesAnswers
)

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to, open: map[net.Conn]struct{}{}}
	var conns sync.WaitGroup
	conns.Go(func() { // ends when the listener is closed
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { w.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.turn(cut)
		conns.Wait()
	})
	return w
}

// turn changes the state; connections that are there break.
func (w *wire) turn(s wireState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
	for c := range w.open {
		_ = c.Close()
	}
}

func (w *wire) enter(c net.Conn) wireState {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == cut {
		_ = c.Close()
	}
	w.open[c] = struct{}{}
	return w.state
}

func (w *wire) leave(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

func (w *wire) serve(c net.Conn) {
	defer c.Close()
	state := w.enter(c)
	defer w.leave(c)
	if state == cut {
		return
	}
	up, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer up.Close()
	var back sync.WaitGroup
	back.Go(func() {
		if state == losesAnswers {
			_, _ = io.CopyN(io.Discard, up, 1) // the answer is on its way, so the request is done
			_ = c.Close()
			return
		}
		_, _ = io.Copy(c, up)
	})
	_, _ = io.Copy(up, c)
	if state == losesAnswers { // the request may still be under way
		back.Wait()
		return
	}
	_ = up.Close()
	back.Wait()
}

// lineLoad is what applications of the agent's host send.
type lineLoad struct {
	conn  net.Conn
	lines int
	stop  chan struct{}
	done  chan struct{}
}

func beginLoad(t *testing.T, address string, lines int) *lineLoad {
	t.Helper()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	l := &lineLoad{conn: conn, lines: lines, stop: make(chan struct{}), done: make(chan struct{})}
	go func() { // ends at pause
		defer close(l.done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				if _, err := fmt.Fprintf(conn, "away.hits:1|c\naway.time:%d|ms", 1+rand.IntN(500)); err == nil {
					l.lines++
				}
			}
		}
	}()
	return l
}

// pause ends the load and returns how many lines were sent in all.
func (l *lineLoad) pause() int {
	close(l.stop)
	<-l.done
	_ = l.conn.Close()
	return l.lines
}

// outage is a run of the agent that is cut off and killed.
type outage struct {
	*testing.T
	server   []string // its arguments
	s        *server
	wire     *wire
	data     string
	config   string
	udp      string
	maxBytes int
	lines    int
}

func newOutage(t *testing.T, maxBytes int) *outage {
	o := &outage{T: t, data: t.TempDir(), maxBytes: maxBytes}
	config := writeFile(t, t.TempDir(), "plimsoll.yml", `agent: {enabled: false}
flush: 1s
farm: {grace: 2s}
storage:
  step: 1s
  heartbeat: 1m
  tiers: [{step: 1s, keep: 1h}, {step: 1m, keep: 24h}]
`)
	o.server = []string{"-config", config, "-http", fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	o.s = serve(t, t.TempDir(), o.server...)
	o.wire = newWire(t, o.s.url[len("http://"):])
	o.udp = freeUDP(t)
	o.config = writeFile(t, t.TempDir(), "agent.yml", fmt.Sprintf(`
instance: away
interval: 1s
data: %s
collectors: ["http://%s"]
remote_write: {timeout: 1s, min_backoff: 50ms, max_backoff: 200ms}
spool: {max_bytes: %d}
counterd: {flush: 1s, listen: ["%s"]}
`, o.data, o.wire.Addr(), maxBytes, o.udp))
	return o
}

func (o *outage) agent() *process {
	o.Helper()
	a := start(o.T, filepath.Join(bin, "plimsoll-agent"), "-config", o.config)
	eventually(o.T, "the agent counts", func() error { // the socket is bound when it can no longer be
		c, err := net.ListenPacket("udp", o.udp)
		if err != nil {
			return nil
		}
		_ = c.Close()
		return errors.New(a.out.String())
	})
	return a
}

// killed runs the agent for a while under load, and kills it when what came is on
// its disk: a kill may cost what came in the last second or so.
func (o *outage) killed(long time.Duration) {
	o.Helper()
	a := o.agent()
	l := beginLoad(o.T, o.udp, o.lines)
	o.wait(long)
	o.lines = l.pause()
	o.wait(2500 * time.Millisecond)
	a.kill()
}

func (o *outage) wait(d time.Duration) {
	select {
	case <-o.Context().Done():
	case <-time.After(d):
	}
}

// settled runs the agent until all that it has is sent, and returns the account
// of its spool.
func (o *outage) settled() spool.Stats {
	o.Helper()
	o.wire.turn(passes)
	a := o.agent()
	// Samples are sent in order: when the newest is there, so is all before it.
	o.s.wants(o.T, `time() - max(timestamp(node_load1{instance="away"})) < bool 3`, "1")
	if code := a.stop(o.T); code != 0 {
		o.Errorf("the agent ended with %d", code)
	}
	c := spool.Default()
	c.Dir, c.MaxBytes = filepath.Join(o.data, "spool"), int64(o.maxBytes)
	sp, err := spool.Open(c)
	if err != nil {
		o.Fatal(err)
	}
	defer sp.Close()
	return sp.Stats()
}

var exposed = regexp.MustCompile(`(?m)^(plimsoll_collector_(?:refused_)?samples_total)(?:{[^}]*})? (\S+)$`)

// received sums up what the collector stored and what it refused.
func (o *outage) received() (stored, refused float64) {
	o.Helper()
	text, err := o.s.get("/metrics")
	if err != nil {
		o.Fatal(err)
	}
	for _, m := range exposed.FindAllSubmatch(text, -1) {
		v, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			o.Fatal(err)
		}
		if string(m[1]) == "plimsoll_collector_samples_total" {
			stored += v
		} else {
			refused += v
		}
	}
	return stored, refused
}

// outages are the rounds of a test: a short one, or ten minutes.
func outages() (rounds int, long time.Duration) {
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		return 10, time.Minute
	}
	return 3, 2 * time.Second
}

// run cuts the wire under load, loses answers, and kills the agent in between.
func (o *outage) run() {
	rounds, long := outages()
	a := o.agent()
	l := beginLoad(o.T, o.udp, 0)
	o.wait(2 * time.Second)
	o.wire.turn(losesAnswers)
	o.wait(long)
	o.lines = l.pause()
	o.wait(2500 * time.Millisecond)
	a.kill()
	for i := range rounds {
		o.wire.turn([]wireState{cut, cut, losesAnswers}[i%3])
		o.killed(long)
	}
}

// TestOutageLosesNothing: with a spool that is large enough all is stored, once.
func TestOutageLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutage(t, 64<<20)
	o.run()
	got := o.settled()
	stored, refused := o.received()
	if got.Dropped+got.Damaged+got.Waiting > 0 || len(got.Refused) > 0 || stored != float64(got.Put) || refused > 0 {
		t.Errorf("%v stored, %v refused; the spool says %+v", stored, refused, got)
	}
	o.s.wants(t, `away_hits_total{instance="away"}`, strconv.Itoa(o.lines))
	o.s.wants(t, `away_time_seconds_count{instance="away"}`, strconv.Itoa(o.lines))
}

// TestOutageOfAFullSpool: what is not stored was dropped and counted, exactly.
func TestOutageOfAFullSpool(t *testing.T) {
	t.Parallel()
	o := newOutage(t, 64<<10)
	o.run()
	got := o.settled()
	stored, refused := o.received()
	if got.Dropped == 0 || got.Damaged+got.Waiting > 0 || len(got.Refused) > 0 || refused > 0 ||
		stored+float64(got.Dropped) != float64(got.Put) {
		t.Errorf("%v stored, %v refused; the spool says %+v", stored, refused, got)
	}
	t.Logf("%d put = %v stored + %d dropped", got.Put, stored, got.Dropped)
}

// TestServerKilledUnderAgents kills the server too: what it had stored and not
// answered is neither lost nor counted twice, in the series of the host nor in that
// of the farm.
func TestServerKilledUnderAgents(t *testing.T) {
	t.Parallel()
	o := newOutage(t, 64<<20)
	a := o.agent()
	rounds, long := outages()
	for range rounds {
		l := beginLoad(o.T, o.udp, o.lines)
		o.wait(long)
		o.s.kill()
		o.wait(long / 2)
		o.s = serve(t, o.s.data, o.server...)
		o.lines = l.pause()
	}
	o.wait(2500 * time.Millisecond)
	a.kill()
	if got := o.settled(); got.Dropped+got.Damaged+got.Waiting > 0 || len(got.Refused) > 0 {
		t.Errorf("the spool says %+v", got)
	}
	for _, expr := range []string{
		`away_hits_total{instance="away"}`, `away_time_seconds_count{instance="away"}`, `away_time_seconds_count{instance=""}`,
	} {
		o.s.wants(t, expr, strconv.Itoa(o.lines))
	}
}
