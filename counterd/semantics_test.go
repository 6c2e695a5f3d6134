package counterd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

func TestCounterIsCumulativeAndStaysAlive(t *testing.T) {
	b := newBench(t, nil)
	for second := 1; second <= 30; second++ {
		if second == 13 {
			b.lines("hits:2|c")
		}
		if second == 25 {
			b.lines("hits:3|c")
		}
		got := b.tick(second)
		if want := second == 20 || second == 30; want != (len(got) == 1) {
			t.Fatalf("second %d: %v", second, got)
		}
		if len(got) == 0 {
			continue
		}
		want := map[int]float64{20: 2, 30: 5}[second]
		s := find(t, got, `{__name__="hits_total"}`)
		if s.Value != want || s.At != at(second) || s.Start != at(10) || s.Kind != metric.Counter {
			t.Errorf("second %d: %+v", second, s)
		}
	}
	b.tick(40)
	if s := b.live.take(); find(t, s[len(s)-1:], `{__name__="hits_total"}`).Value != 5 {
		t.Error("the idle counter left the live window")
	}
}

func TestTimingCoversItsInterval(t *testing.T) {
	b := newBench(t, nil)
	b.lines("q:100")
	b.tick(1)
	b.lines("q:300")
	b.tick(2)
	series := `{__name__="q_seconds"}`
	live := b.live.take()
	if len(live) != 2 || live[0].Sketch.Max() != 0.1 || live[1].Sketch.Min() != 0.3 || live[1].Start != at(1) {
		t.Errorf("live: %+v", live)
	}
	first := find(t, b.tick(10), series)
	if first.Sketch.Count() != 2 || first.Start != at(0) || first.At != at(10) || first.Kind != metric.Timing {
		t.Errorf("first: %+v", first)
	}
	b.lines("q:500")
	b.tick(11)
	if first.Sketch.Count() != 2 || live[0].Sketch.Count() != 1 {
		t.Error("a sketch changed after it was put")
	}
	if s := find(t, b.tick(20), series); s.Sketch.Count() != 1 || s.Start != at(10) {
		t.Errorf("second: %+v", s)
	}
	idle := find(t, b.tick(30), series)
	if idle.Sketch.Count() != 0 || !math.IsNaN(idle.Sketch.Quantile(0.5)) {
		t.Errorf("idle: %+v", idle)
	}
}

func TestWithoutLiveSinkTheIntervalIsTheSame(t *testing.T) {
	b := newBench(t, func(c *Config) { c.LiveSink = nil })
	for i := range 9 {
		b.lines(fmt.Sprintf("q:%d", i+1))
		b.tick(i + 1)
	}
	if s := find(t, b.tick(10), `{__name__="q_seconds"}`).Sketch; s.Count() != 9 || s.Quantile(0.5) != 0.005 {
		t.Errorf("count %g, median %g", s.Count(), s.Quantile(0.5))
	}
}

func TestGaugeAndSetBetweenFlushes(t *testing.T) {
	b := newBench(t, nil)
	b.lines("g:5|g\nu:a|s\nu:b|s")
	b.tick(1)
	b.lines("g:+1|g\nu:b|s\nu:c|s")
	got := b.tick(10)
	if g := find(t, got, `{__name__="g"}`); g.Value != 6 || g.Kind != metric.Gauge {
		t.Errorf("%+v", g)
	}
	if u := find(t, got, `{__name__="u"}`).Value; u != 3 {
		t.Errorf("set of %g", u)
	}
	got = b.tick(20)
	if g, u := find(t, got, `{__name__="g"}`).Value, find(t, got, `{__name__="u"}`).Value; g != 6 || u != 0 {
		t.Errorf("gauge %g, set %g in the next flush", g, u)
	}
}

func TestIdleSeriesExpireAndBeginAgain(t *testing.T) {
	b := newBench(t, func(c *Config) { c.IdleExpiry = time.Minute })
	b.lines("a.b:7|c\nq:1")
	for s := 10; s <= 60; s += 10 {
		if got := b.tick(s); len(got) != 2 {
			t.Fatalf("second %d: %v", s, got)
		}
	}
	b.tick(70)
	if got := b.tick(80); len(got) != 0 || b.Stats().Series != 0 || b.registry.owners.used != 0 || b.shard.slab.inUse != 0 {
		t.Fatalf("left over: %v %+v", got, b.registry)
	}
	b.lines("a-b:2|c") // the name is free again
	if s := find(t, b.tick(90), `{__name__="a_b_total"}`); s.Value != 2 || s.Start != at(80) {
		t.Errorf("%+v", s)
	}
}

func TestTouchedSeriesDoesNotExpire(t *testing.T) {
	b := newBench(t, func(c *Config) { c.IdleExpiry = time.Minute })
	b.lines("a:1|c")
	b.tick(10)
	b.tick(69)
	b.lines("a:1|c")
	if b.registry.expire(makeRef(0, 1)) {
		t.Fatal("expired while it was counted")
	}
	if got := find(t, b.tick(80), `{__name__="a_total"}`); got.Value != 2 || got.Start != at(0) {
		t.Errorf("%+v", got)
	}
}

func TestClockSetBack(t *testing.T) {
	b := newBench(t, nil)
	b.lines("q:1\nhits:1|c")
	b.tick(100)
	b.lines("q:2\nhits:1|c")
	got := b.tick(50) // nothing waits until 110
	if q := find(t, got, `{__name__="q_seconds"}`); q.At != at(50) || q.Start > q.At || q.Sketch.Count() != 1 {
		t.Errorf("%+v", q)
	}
	if got := b.tick(60); len(got) != 2 {
		t.Errorf("after it: %v", got)
	}
}

func TestSeriesOfARefusedLineIsForgotten(t *testing.T) {
	b := newBench(t, nil)
	b.lines("x.y:1|ms\nx-y:1|c:1|ms") // the second line binds a counter, then collides
	if got := b.tick(10); len(got) != 1 {
		t.Errorf("%v", got)
	}
	b.tick(20)
	if n := b.Stats().Series; n != 1 || b.shard.slab.inUse != 1 {
		t.Errorf("%d series, %d slots", n, b.shard.slab.inUse)
	}
}

func TestCollisionsAreNamed(t *testing.T) {
	b := newBench(t, nil)
	b.lines("a.b\na-b\na-b\nx:1|g\nx:1|c|#q:1")
	st := b.Stats()
	if len(st.Collisions) != 1 || st.Collisions[0] != (Collision{"a_b_total", "a.b", "a-b", 2}) {
		t.Errorf("%+v", st.Collisions)
	}
	if got := st.BadLines[0]; got.Line != "a-b" || got.Reason != "name collision with a.b" || !got.At.Equal(noon) {
		t.Errorf("%+v", got)
	}
}

func TestSeriesLimit(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries = 3 })
	for i := range 10 {
		b.lines(fmt.Sprintf("n%d:1|c\nn%d:1|c", i, i))
	}
	st := b.Stats()
	if st.Series != 4 || st.Parsed != 20 || len(st.Offenders) != 1 || st.Offenders[0].Lines != 14 {
		t.Errorf("%+v", st)
	}
	if got := find(t, b.tick(10), `{__name__="__other___total"}`); got.Value != 14 {
		t.Errorf("%+v", got)
	}
}

func TestSetLimitAndTagPermutationsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries, c.MaxSetMembers = 5, 3 })
	b.lines("u:1|s\nu:2|s\nu:3|s\nu:4|s")
	for i := range maxReserve {
		b.lines("a:1|c|#x:y" + strings.Repeat(",", i%20) + ",z" + strings.Repeat("z", i/20) + ":")
	}
	st := b.Stats()
	if st.Bad["set limit"] != 1 || b.shard.slab.inUse > maxReserve+10 || st.Lines != st.Parsed+st.Bad["set limit"]+st.Bad["series limit"] {
		t.Errorf("%+v, %d slots", st, b.shard.slab.inUse)
	}
}

func TestOnlyTheLastBadLinesAreKept(t *testing.T) {
	b := newBench(t, nil)
	for i := range 50 {
		b.lines(fmt.Sprintf("bad%d:x|c%s", i, strings.Repeat("y", 300)))
	}
	bad := b.Stats().BadLines
	if len(bad) != 20 || !strings.HasPrefix(bad[0].Line, "bad49") || len(bad[0].Line) != 200 {
		t.Errorf("%d kept, the newest %q", len(bad), bad[0].Line)
	}
}

func TestFailedSinkKeepsOrderAndBound(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxPending = 6 })
	b.lines("a:1|c")
	for i := 1; i <= 5; i++ {
		b.ticker.tick(context.Background(), at(10*i), goesOn)
	}
	b.deliver()
	got := b.sink.take()
	if len(got) != 3 || got[0].At != at(30) || got[2].At != at(50) {
		t.Errorf("%v", got)
	}
	if st := b.Stats(); st.Dropped["sink"] != 4 || st.Delivered != 6 {
		t.Errorf("%+v", st)
	}
}

// Two readers of one name: counts add, a gauge that was set comes before the
// deltas of the other.
func TestReadersAreMerged(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Listeners = append(c.Listeners, newPipe()) })
	b.shards[1].datagrams([]listen.Datagram{{Data: []byte("g:+2|g\nc:1|c\nq:30\nu:x|s\nu:y|s")}})
	b.lines("g:5|g\nc:2|c\nq:10\nu:x|s")
	got := map[string]string{}
	for _, s := range b.tick(10) {
		got[s.Name()] = show(s)
	}
	for name, want := range map[string]string{
		"g": "g 7", "c_total": "c_total 3", "u": "u 2",
		"q_seconds": "q_seconds n=2 sum=0.04 p50=0.01",
	} {
		if got[name] != want {
			t.Errorf("%s, want %s", got[name], want)
		}
	}
	if b.Stats().Series != 4 {
		t.Errorf("%d series", b.Stats().Series)
	}
}

// running starts the daemon in a bubble and returns its end.
func running(t *testing.T, c Config) (stop func() error, s *Server) {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() error { cancel(); return <-done }, s
}

func TestFlushAtMultiplesAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(3300 * time.Millisecond) // the bubble's clock begins at midnight
		p, sink, live := newPipe(), &memory{}, &memory{}
		c := Default()
		c.Listen, c.Listeners, c.Sink, c.LiveSink = nil, []listen.Listener{p}, sink, live
		stop, _ := running(t, c)
		begin := time.Now().Truncate(10 * time.Second).UnixMilli()

		p.send("hits:1|c")
		time.Sleep(6600 * time.Millisecond)
		if got := sink.take(); len(got) != 0 {
			t.Fatalf("before the boundary: %v", got)
		}
		time.Sleep(200 * time.Millisecond) // 10.1 s
		synctest.Wait()
		got := sink.take()
		if len(got) != 1 || got[0].At != begin+10_000 || got[0].Start != begin+3_300 || got[0].Value != 1 {
			t.Fatalf("at the boundary: %+v", got)
		}
		for _, s := range live.take() {
			if s.At%1000 != 0 {
				t.Errorf("live sample at %d", s.At)
			}
		}
		time.Sleep(3 * time.Second)
		p.send("hits:2|c\nupload:5|ms")
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		got = sink.take()
		if s := find(t, got, `{__name__="hits_total"}`); s.Value != 3 || s.At != begin+13_100 || s.Start != begin+3_300 {
			t.Errorf("at the end: %+v", s)
		}
		if s := find(t, got, `{__name__="upload_seconds"}`); s.Sketch.Count() != 1 || s.Start != begin+10_000 {
			t.Errorf("at the end: %+v", s)
		}
	})
}

func TestSamplesOutliveAFailingSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sink := newPipe(), &memory{fail: true}
		c := Default()
		c.Listen, c.Listeners, c.Sink = nil, []listen.Listener{p}, sink
		stop, s := running(t, c)
		p.send("hits:1|c")
		time.Sleep(35 * time.Second)
		if st := s.Stats(); st.SinkErrors < 20 {
			t.Errorf("%d tries", st.SinkErrors)
		}
		sink.setFail(false)
		time.Sleep(2 * time.Second)
		got := sink.take()
		if len(got) != 3 || got[0].At > got[1].At || got[1].At > got[2].At {
			t.Errorf("%v", got)
		}
		sink.setFail(true)
		if err := stop(); !errors.Is(err, errSink) {
			t.Errorf("the loss at the end: %v", err)
		}
		if st := s.Stats(); st.Dropped["sink"] != 2 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestOwnMetricsRegister(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	b := newBench(t, func(c *Config) { c.Registerer = r })
	b.lines("a\nb:x|c")
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		got[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue()
	}
	if got["plimsoll_counterd_lines_total"] != 2 || got["plimsoll_counterd_bad_lines_total"] != 1 || got["plimsoll_counterd_series"] != 1 {
		t.Errorf("%v", got)
	}
}

func TestNamesAreListed(t *testing.T) {
	b := newBench(t, nil)
	b.lines("z\nq:1\ng:1|g|#h:a\nu:x|s\nok_l:1")
	got := fmt.Sprint(b.Names())
	want := "[{g gauge map[h:a] [pipe]} {l_total counter map[result:ok] [pipe]} {q_seconds timing map[] [pipe]} {u set map[] [pipe]} {z_total counter map[] [pipe]}]"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestValidateReportsAll(t *testing.T) {
	c := Config{Listen: []listen.Config{{Address: "nowhere"}}, Live: time.Second, Flush: 1500 * time.Millisecond}
	err := c.Validate()
	for _, key := range []string{"listen[0].address", "flush", "idle_expiry", "max_series", "max_pending", "put_timeout"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("no word of %s in %v", key, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
}

func TestKnownNamesDoNotAllocate(t *testing.T) {
	for _, lines := range []string{
		"page_view\n", "hits:3|c\n", "hits:3|c|@0.1|#host:web3\n", "db-query:250\n", "upload:320.5|ms\n",
		"g:+5|g\n", "u:bob|s\n", "a:1:2:3|c\n", "a:1|c:2|c\n", "ok_login:1\n",
	} {
		b := newBench(t, nil)
		one := []listen.Datagram{{Data: []byte(lines)}}
		b.shard.datagrams(one)
		if n := testing.AllocsPerRun(200, func() { b.shard.datagrams(one) }); n != 0 {
			t.Errorf("%q: %g allocations", lines, n)
		}
	}
}
