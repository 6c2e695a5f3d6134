package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// liveServer answers on a loopback port; the test makes the rounds itself.
func liveServer(t *testing.T, cfg Config) (*Server, string) {
	t.Helper()
	s := newServer(t, cfg)
	web := httptest.NewServer(s.http.Handler)
	t.Cleanup(web.Close)
	t.Cleanup(s.hub.end)
	s.hub.publishAlerts()
	s.hub.publishHosts(time.Unix(0, 0))
	return s, "ws" + strings.TrimPrefix(web.URL, "http") + "/live"
}

// browser is the other end of a websocket.
type browser struct {
	t    *testing.T
	conn *websocket.Conn
}

func open(t *testing.T, url string) *browser {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &browser{t, conn}
}

// openNarrow opens a websocket whose socket takes little before it is read.
func openNarrow(t *testing.T, url string) *browser {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return conn, conn.(*net.TCPConn).SetReadBuffer(256 << 10)
	}}
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &browser{t, conn}
}

// next returns the next frame.
func (b *browser) next() string {
	b.t.Helper()
	_ = b.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, frame, err := b.conn.ReadMessage()
	if err != nil {
		b.t.Fatal(err)
	}
	return string(frame)
}

// until returns the next frame that begins with the type.
func (b *browser) until(kind string) string {
	b.t.Helper()
	for {
		frame := b.next()
		if strings.HasPrefix(frame, `{"type":"`+kind+`",`) {
			return frame
		}
	}
}

// end reads until the websocket ends, and returns how.
func (b *browser) end() error {
	_ = b.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		if _, _, err := b.conn.ReadMessage(); err != nil {
			return err
		}
	}
}

// say sends a message and waits until the server has taken it: the answer to
// the nonsense after it says so.
func (b *browser) say(message string) {
	b.t.Helper()
	for _, m := range []string{message, "nonsense"} {
		if err := b.conn.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
			b.t.Fatal(err)
		}
	}
	for !strings.Contains(b.until("error"), "not a message: invalid character") {
	}
}

func (s *Server) round(second int64) {
	s.hub.turn(context.Background(), time.Unix(second, 0))
}

// liveQuerier answers each expression with one series and the value, at the end
// of a range alone.
func liveQuerier(values map[string]float64) *fakeQuerier {
	return &fakeQuerier{answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
		v, known := values[q.Expr]
		if !known {
			return metric.Result{}, fmt.Errorf("%q: %w", q.Expr, metric.ErrBadQuery)
		}
		res := metric.Result{Type: metric.Vector, Series: []metric.Series{{
			Labels: labels.FromStrings("expr", q.Expr), Points: []metric.Point{{At: q.End.UnixMilli(), Value: v}},
		}}}
		if q.Step > 0 {
			res.Type = metric.Matrix
		}
		return res, nil
	}}
}

func TestLiveValues(t *testing.T) {
	live := liveQuerier(map[string]float64{"a": 1.5, "b": math.NaN()})
	cfg := testConfig()
	cfg.Live = live
	s, url := liveServer(t, cfg)
	one, two := open(t, url), open(t, url)
	one.say(`{"subscribe":[{"id":"x","expr":"a"},{"id":"y","expr":"b"},{"id":"z","expr":"a"}]}`)
	two.say(`{"subscribe":[{"id":"cpu","expr":"a"}]}`)
	s.round(1700000000)
	want := `{"type":"data","t":1700000000,"data":{"x":[{"labels":{"expr":"a"},"value":1.5}],"y":[{"labels":{"expr":"b"},"value":null}],"z":[{"labels":{"expr":"a"},"value":1.5}]}}`
	if diff := cmp.Diff(want, one.until("data")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want = `{"type":"data","t":1700000000,"data":{"cpu":[{"labels":{"expr":"a"},"value":1.5}]}}`
	if diff := cmp.Diff(want, two.until("data")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := len(live.asked(false)); n != 2 {
		t.Errorf("%d evaluations of two distinct expressions: %v", n, live.queries)
	}
	two.say(`{"subscribe":[{"id":"again","expr":"b"}]}`)
	s.round(1700000001)
	if got := two.until("data"); !strings.Contains(got, `"again"`) || strings.Contains(got, "cpu") {
		t.Errorf("after a new subscription: %s", got)
	}
}

func TestBadLiveExpressionIsToldOnce(t *testing.T) {
	live := liveQuerier(map[string]float64{"good": 1})
	cfg := testConfig()
	cfg.Live = live
	s, url := liveServer(t, cfg)
	b := open(t, url)
	b.say(`{"subscribe":[{"id":"x","expr":"bad("},{"id":"y","expr":"good"}]}`)
	s.round(1)
	if diff := cmp.Diff(`{"type":"error","id":"x","message":"\"bad(\": bad query"}`, b.until("error")); diff != "" {
		t.Error(diff)
	}
	_ = b.until("data")
	s.round(2)
	if got := b.next(); !strings.HasPrefix(got, `{"type":"data","t":2,`) {
		t.Errorf("the error came again: %s", got)
	}
	if n := len(live.asked(false)); n != 3 {
		t.Errorf("%d evaluations; the bad one shall be tried once", n)
	}
}

func TestLiveExpressionsThatAreNoInstantVector(t *testing.T) {
	cfg := testConfig()
	cfg.Live = &fakeQuerier{answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
		if q.Expr == "range" {
			return metric.Result{Type: metric.Matrix}, nil
		}
		return metric.Result{Type: metric.Vector, Series: make([]metric.Series, maxLiveSeries+1)}, nil
	}}
	s, url := liveServer(t, cfg)
	b := open(t, url)
	b.say(`{"subscribe":[{"id":"r","expr":"range"},{"id":"w","expr":"wide"}]}`)
	s.round(1)
	if got := b.until("error"); !strings.Contains(got, "gives a matrix") {
		t.Error(got)
	}
	if got := b.until("error"); !strings.Contains(got, "1001 series") {
		t.Error(got)
	}
}

// The slow expressions are as many as the workers; in their first round they
// may take others' time, in the next they come last.
func TestSlowLiveExpressionsHurtNobodyElse(t *testing.T) {
	cfg := testConfig()
	cfg.Limits.LiveTimeout = 50 * time.Millisecond
	cfg.Live = &fakeQuerier{answer: func(ctx context.Context, q metric.Query) (metric.Result, error) {
		if strings.HasPrefix(q.Expr, "slow") {
			<-ctx.Done()
			return metric.Result{}, errors.New("stopped")
		}
		return metric.Result{Type: metric.Vector}, nil
	}}
	s, url := liveServer(t, cfg)
	slow, fast := open(t, url), open(t, url)
	var subs []subscription
	for i := range liveWorkers {
		subs = append(subs, subscription{fmt.Sprint(i), fmt.Sprint("slow", i)})
	}
	message, _ := json.Marshal(map[string]any{"subscribe": subs})
	slow.say(string(message))
	s.round(1)
	if got := slow.until("error"); !strings.Contains(got, "too slow to evaluate each second: not ready after 50ms") {
		t.Error(got)
	}
	fast.say(`{"subscribe":[{"id":"x","expr":"zz_fast"}]}`)
	for second := range int64(3) {
		s.round(2 + second)
		if got, want := fast.until("data"), fmt.Sprintf(`{"type":"data","t":%d,"data":{"x":[]}}`, 2+second); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPanicInLiveExpressionIsReported(t *testing.T) {
	var reported []error
	cfg := testConfig()
	cfg.Report = func(err error) { reported = append(reported, err) }
	cfg.Live = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) { panic("boom") }}
	s, url := liveServer(t, cfg)
	b := open(t, url)
	b.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	s.round(1)
	if got := b.until("error"); !strings.Contains(got, "internal error") {
		t.Error(got)
	}
	if len(reported) != 1 || !strings.Contains(reported[0].Error(), "boom") {
		t.Errorf("reported: %v", reported)
	}
}

// A browser that does not read skips rounds, and gets the newest states when it
// reads again. One that reads gets every round meanwhile.
func TestSlowBrowserHindersNobody(t *testing.T) {
	alerting, reg := newFakeAlerting(), prometheus.NewRegistry()
	wide := make([]metric.Series, maxLiveSeries)
	for i := range wide {
		wide[i] = metric.Series{Labels: labels.FromStrings("filling", strings.Repeat("x", 1000)+fmt.Sprint(i)), Points: make([]metric.Point, 1)}
	}
	cfg := testConfig()
	cfg.Alerting, cfg.Registerer, cfg.Gatherer = alerting, reg, reg
	cfg.Live = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		return metric.Result{Type: metric.Vector, Series: wide}, nil
	}}
	s, url := liveServer(t, cfg)
	slow, fast := openNarrow(t, url), open(t, url)
	slow.say(`{"subscribe":[{"id":"x","expr":"wide"}]}`)
	fast.say(`{"subscribe":[{"id":"x","expr":"wide"}]}`)
	const rounds = 24 // of about a megabyte: more than the sockets hold
	for i := range int64(rounds) {
		s.round(i + 1)
		if i == rounds/2 {
			alerting.set(metric.Alert{ID: "web", Name: "web", State: metric.Critical})
			s.hub.publishAlerts()
		}
		if got, want := fast.until("data"), fmt.Sprintf(`{"type":"data","t":%d,`, i+1); !strings.HasPrefix(got, want) {
			t.Fatalf("fast browser: got %.60s, want %s", got, want)
		}
	}
	frames, alerted := 0, false
	for {
		frame := slow.next()
		if strings.HasPrefix(frame, `{"type":"alerts","alerts":[{"id":"web"`) {
			alerted = true
			continue
		}
		frames++
		if strings.HasPrefix(frame, fmt.Sprintf(`{"type":"data","t":%d,`, rounds)) {
			break
		}
	}
	if !alerted || frames >= rounds {
		t.Errorf("slow browser: alert seen %v, %d of %d rounds", alerted, frames, rounds)
	}
	counted := fmt.Sprintf("plimsoll_dashboard_live_skipped_rounds_total %d\n", rounds-frames)
	if got := get(s, "/metrics").Body.String(); !strings.Contains(got, counted) {
		t.Errorf("/metrics lacks %s", counted)
	}
}

func TestStatesArriveOnConnectAndOnChange(t *testing.T) {
	alerting := newFakeAlerting()
	infinite := math.Inf(1)
	alerting.set(metric.Alert{ID: "web", Name: "web", State: metric.Critical, Value: &infinite})
	hosts := []metric.Host{{Instance: "db1", Job: "node", Up: true, LastSeen: time.Unix(100, 0).UTC()}}
	cfg := testConfig()
	cfg.Alerting = alerting
	cfg.Hosts = func() []metric.Host { return hosts }
	s, url := liveServer(t, cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.hub.watchAlerts(ctx) }()
	defer func() { stop(); <-done }()

	b := open(t, url)
	if got := b.until("alerts"); !strings.Contains(got, `"state":"critical"`) || strings.Contains(got, "value") {
		t.Errorf("on connect: %s", got)
	}
	if got := b.until("hosts"); got != `{"type":"hosts","hosts":[{"instance":"db1","job":"node","up":true,"last_seen":"1970-01-01T00:01:40Z","interval_seconds":0}]}` {
		t.Errorf("on connect: %s", got)
	}
	alerting.set(metric.Alert{ID: "web", Name: "web", State: metric.OK})
	for !strings.Contains(b.until("alerts"), `"state":"ok"`) {
	}
	hosts = slices.Clone(hosts)
	hosts[0].LastSeen = time.Unix(101, 0).UTC()
	s.hub.publishHosts(time.Unix(1, 0)) // seen again: no news yet
	hosts = slices.Clone(hosts)
	hosts[0].Up = false
	s.hub.publishHosts(time.Unix(2, 0))
	if got := b.until("hosts"); !strings.Contains(got, `"up":false`) {
		t.Errorf("on change: %s", got)
	}
	hosts = slices.Clone(hosts)
	hosts[0].LastSeen = time.Unix(111, 0).UTC()
	s.hub.publishHosts(time.Unix(12, 0))
	if got := b.until("hosts"); !strings.Contains(got, "00:01:51Z") {
		t.Errorf("after a while: %s", got)
	}
}

func TestReconnect(t *testing.T) {
	cfg := testConfig()
	cfg.Live = liveQuerier(map[string]float64{"a": 1})
	s, url := liveServer(t, cfg)
	first := open(t, url)
	first.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	_ = first.conn.Close()
	second := open(t, url)
	_ = second.until("alerts")
	second.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	s.round(5)
	if got := second.until("data"); !strings.HasPrefix(got, `{"type":"data","t":5,`) {
		t.Error(got)
	}
	_ = second.conn.Close()
	s.hub.end() // waits for the writers
	for {       // the readers end right after
		s.hub.mu.Lock()
		clients, exprs := len(s.hub.clients), len(s.hub.exprs)
		s.hub.mu.Unlock()
		if clients == 0 && exprs == 0 {
			return
		}
	}
}

func TestLiveLimits(t *testing.T) {
	cfg := testConfig()
	cfg.Limits.LiveExpressions = 2
	cfg.Limits.LiveConnections = 1
	s, url := liveServer(t, cfg)
	b := open(t, url)
	many, _ := json.Marshal(map[string]any{"subscribe": make([]subscription, maxSubscriptions+1)})
	for message, want := range map[string]string{
		string(many): "201 expressions are more than 200",
		`{"subscribe":[{"id":"x","expr":"a"},{"id":"x","expr":"b"}]}`:                     `the id \"x\" stands twice`,
		`{"subscribe":[{"id":"","expr":"a"}]}`:                                            "is empty or longer than 200 bytes",
		`{"subscribe":[{"id":"x","expr":"` + strings.Repeat("a", maxExprBytes+1) + `"}]}`: "longer than 4096 bytes",
		`{}`: `\"subscribe\" is missing`,
		`{"subscribe":[{"id":"1","expr":"a"},{"id":"2","expr":"b"},{"id":"3","expr":"c"}]}`: "too many live expressions on this server",
	} {
		if err := b.conn.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if got := b.until("error"); !strings.Contains(got, want) {
			t.Errorf("%.60s: %s, want %s", message, got, want)
		}
	}
	_, res, err := websocket.DefaultDialer.Dial(url, nil)
	if err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one connection too many: %v", err)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if len(s.hub.exprs) > 2 {
		t.Errorf("%d expressions", len(s.hub.exprs))
	}
}

// A browser that takes nothing must not hold up the end of the server.
func TestEndCutsOffWhoDoesNotRead(t *testing.T) {
	wide := slices.Repeat([]metric.Series{{Labels: labels.FromStrings("filling", strings.Repeat("x", 8<<20)), Points: make([]metric.Point, 1)}}, 4)
	cfg := testConfig()
	cfg.Live = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		return metric.Result{Type: metric.Vector, Series: wide}, nil
	}}
	s, url := liveServer(t, cfg)
	b := openNarrow(t, url)
	b.say(`{"subscribe":[{"id":"x","expr":"wide"}]}`)
	s.round(1)
	began := time.Now()
	s.hub.end()
	if took := time.Since(began); took > goodbyeWithin+3*time.Second {
		t.Errorf("the hub ended after %s", took)
	}
}

func TestForeignPagesGetNoWebsocket(t *testing.T) {
	_, url := liveServer(t, testConfig())
	_, res, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"http://evil.example"}})
	if err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("%v", err)
	}
}
