package dashboard

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// lines returns a querier whose ranges have one series of the given points.
func lines(points ...metric.Point) *fakeQuerier {
	return &fakeQuerier{answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
		if q.Step == 0 {
			return metric.Result{Type: metric.Vector}, nil
		}
		return metric.Result{Type: metric.Matrix, Series: []metric.Series{{Labels: labels.FromStrings("expr", q.Expr), Points: points}}}, nil
	}}
}

// frames returns the next n frames after those of the states.
func (b *browser) frames(n int) []string {
	b.t.Helper()
	var found []string
	for len(found) < n {
		if f := b.next(); !strings.HasPrefix(f, `{"type":"hosts"`) && !strings.HasPrefix(f, `{"type":"alerts"`) {
			found = append(found, f)
		}
	}
	return found
}

func (b *browser) wants(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.frames(len(want))); diff != "" {
		b.t.Errorf("-want +got:\n%s", diff)
	}
}

func pastServer(t *testing.T, live metric.Querier) (*Server, string) {
	cfg, reg := testConfig(), prometheus.NewRegistry()
	cfg.Live, cfg.Registerer, cfg.Gatherer = live, reg, reg
	return liveServer(t, cfg)
}

// missing fails unless so many pasts were not sent for the reason.
func (s *Server) missing(t *testing.T, reason string, n int) {
	t.Helper()
	want := fmt.Sprintf("plimsoll_dashboard_live_missing_pasts_total{reason=%q} %d\n", reason, n)
	if got := get(s, "/metrics").Body.String(); !strings.Contains(got, want) {
		t.Errorf("/metrics lacks %s", want)
	}
}

func TestPastComesOnceBeforeTheFirstData(t *testing.T) {
	live := lines(metric.Point{At: 998_000, Value: 1.5}, metric.Point{At: 999_500, Value: math.NaN()})
	s, url := pastServer(t, live)
	b := open(t, url)
	const past = `{"type":"past","id":%q,"step":1,"series":[{"labels":{"expr":%q},"points":[[998,1.5],[999.500,null]]}]}`
	b.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	s.round(1000)
	b.wants(fmt.Sprintf(past, "x", "a"), `{"type":"data","t":1000,"data":{"x":[]}}`)
	q := metric.Query{Expr: "a", Start: time.Unix(880, 0).UTC(), End: time.Unix(1000, 0).UTC(), Step: time.Second}
	if diff := cmp.Diff([]metric.Query{q}, live.asked(true)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s.round(1001)
	b.wants(`{"type":"data","t":1001,"data":{"x":[]}}`)

	// What was there before goes on at once; what is new begins with its past.
	b.say(`{"subscribe":[{"id":"x","expr":"a"},{"id":"y","expr":"b"}]}`)
	s.round(1002)
	// The round without y is replaced by the one with it, if that is quicker.
	first := b.frames(1)[0]
	if first == `{"type":"data","t":1002,"data":{"x":[]}}` {
		first = b.frames(1)[0]
	}
	if want := fmt.Sprintf(past, "y", "b"); first != want {
		t.Errorf("got %s, want %s", first, want)
	}
	b.wants(`{"type":"data","t":1002,"data":{"x":[],"y":[]}}`)
	// Another id is another subscription.
	b.say(`{"subscribe":[{"id":"z","expr":"a"}]}`)
	s.round(1003)
	b.wants(fmt.Sprintf(past, "z", "a"), `{"type":"data","t":1003,"data":{"z":[]}}`)
	// Two clients share one evaluation; who comes back is new.
	_ = b.conn.Close()
	asked := len(live.asked(true))
	one, two := open(t, url), open(t, url)
	one.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	two.say(`{"subscribe":[{"id":"z","expr":"a"}]}`)
	s.round(1004)
	one.wants(fmt.Sprintf(past, "x", "a"))
	two.wants(fmt.Sprintf(past, "z", "a"))
	if n := len(live.asked(true)) - asked; n != 1 {
		t.Errorf("%d evaluations of one expression", n)
	}
}

func TestDataComeWithoutAPast(t *testing.T) {
	for reason, past := range map[string]func(context.Context) (metric.Result, error){
		"error":     func(context.Context) (metric.Result, error) { return metric.Result{}, metric.ErrExecution },
		"too large": func(context.Context) (metric.Result, error) { return *wideRange(), nil },
		"no time": func(ctx context.Context) (metric.Result, error) {
			<-ctx.Done()
			return metric.Result{}, ctx.Err()
		},
	} {
		s, url := pastServer(t, &fakeQuerier{answer: func(ctx context.Context, q metric.Query) (metric.Result, error) {
			if q.Step > 0 {
				return past(ctx)
			}
			return metric.Result{Type: metric.Vector}, nil
		}})
		b := open(t, url)
		b.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
		s.round(1)
		b.wants(`{"type":"data","t":1,"data":{"x":[]}}`)
		s.missing(t, reason, 1)
	}
}

func wideRange() *metric.Result {
	points := make([]metric.Point, maxPastPoints/2)
	return &metric.Result{Type: metric.Matrix, Series: []metric.Series{{Points: points}, {Points: points}, {Points: points[:1]}}}
}

// Others have their round while the past of a new one is still looked for.
func TestPastDelaysNobodyElse(t *testing.T) {
	looking := make(chan struct{}) // closed when the others have their round
	s, url := pastServer(t, &fakeQuerier{answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
		if q.Step > 0 && q.Expr == "slow" {
			<-looking
		}
		return metric.Result{Type: metric.Vector}, nil
	}})
	old, fresh := open(t, url), open(t, url)
	old.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	s.round(1)
	old.wants(`{"type":"data","t":1,"data":{"x":[]}}`)
	fresh.say(`{"subscribe":[{"id":"y","expr":"slow"}]}`)
	done := make(chan struct{})
	go func() { defer close(done); s.round(2) }()
	old.wants(`{"type":"data","t":2,"data":{"x":[]}}`)
	close(looking)
	<-done
	fresh.wants(`{"type":"data","t":2,"data":{"y":[]}}`)
}

// A client that takes nothing holds no more than one release, within its bound.
func TestPastsThatAreNotTakenMakeWay(t *testing.T) {
	box, r := newMailbox(), &round{}
	a, b, c := subscription{"1", "a"}, subscription{"2", "b"}, subscription{"3", "c"}
	large := make([]byte, maxPastBytes/2+1)
	pasts := map[string][]byte{"a": large, "b": large, "c": {'['}}
	box.want([]subscription{a, b, c})
	if m := box.take(); len(m.subs) != 0 || len(box.waiting()) != 3 {
		t.Errorf("%d subscriptions flow and %d wait, want 0 and 3", len(m.subs), len(box.waiting()))
	}
	if n := box.release([]subscription{a, b}, pasts, r); n != 1 {
		t.Errorf("%d pasts dropped, want b's, which goes beyond the bound", n)
	}
	if n := box.release([]subscription{c}, pasts, r); n != 1 {
		t.Errorf("%d pasts dropped, want a's, which was not taken", n)
	}
	m := box.take()
	if len(m.pasts) != 1 || m.pasts[0].id != "3" || m.round != r || len(m.subs) != 3 {
		t.Errorf("got pasts %v, round %v, %d subscriptions", m.pasts, m.round, len(m.subs))
	}
	box.want([]subscription{b, {"3", "a"}})
	if n := box.release([]subscription{c}, pasts, r); n != 0 || len(box.waiting()) != 1 || box.take().pasts != nil {
		t.Error("a subscription that was withdrawn got its past")
	}
}
