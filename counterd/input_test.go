package counterd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/counterd/mapping"
	"plimsoll/internal/metric"
)

func TestMappingRules(t *testing.T) {
	m, err := mapping.Parse([]byte(`
mappings:
- match: "api.*.*.time"
  name: "api_seconds"
  labels: {handler: "$1", method: "$2"}
- match: "queue.*.len"
  name: "queue_length"
  labels: {queue: "$1"}
- match: "net.*.kb"
  name: "net_bytes_total"
  scale: 1024
  labels: {dev: "$1"}
- match: "noise.*"
  action: drop
  name: "dropped"
`))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(c *Config) { c.Mapper = m })
	b.lines("api.login.get.time:250|ms\napi.login.put.time:50|ms\nqueue.mail.len:7|g\nnet.eth0.kb:2|c\nnoise.x:1|c\nplain:1|c")
	var got []string
	for _, s := range b.tick(10) {
		got = append(got, show(s))
	}
	want := `api_seconds{handler="login", method="get"} n=1 sum=0.25 p50=0.25; ` +
		`api_seconds{handler="login", method="put"} n=1 sum=0.05 p50=0.05; ` +
		`net_bytes_total{dev="eth0"} 2048; plain_total 1; queue_length{queue="mail"} 7`
	if diff := cmp.Diff(want, sorted(got)); diff != "" {
		t.Error(diff)
	}
	st := b.Stats()
	if st.Bad["dropped by a mapping rule"] != 1 || len(st.Collisions) != 0 {
		t.Errorf("%+v", st)
	}
	b.lines("api_seconds:1|d") // a sender's own name for what a rule makes
	if st := b.Stats(); len(st.Collisions) != 1 {
		t.Errorf("not reported: %+v", st.Collisions)
	}
}

// Lines with their own time go out with it, in order; what would be too late for
// the store is refused.
func TestLinesThatTellTheirTime(t *testing.T) {
	b := newBench(t, nil)
	line := func(format string, seconds ...int) {
		args := make([]any, len(seconds))
		for i, s := range seconds {
			args[i] = at(s) / 1000
		}
		b.lines(fmt.Sprintf(format, args...))
	}
	b.tick(100)
	line("jobs:2|c|T%d\njobs:3|c|T%d\njobs:4|c|T%d\nload:5|g|T%d", 41, 50, 58, 72)
	line("jobs:1|c|T%d", 30) // back in time
	got := b.tick(110)
	want := "jobs_total 5 @50; jobs_total 9 @60; load 5 @80"
	if s := stampedString(got); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
	line("jobs:1|c|T%d", 55) // its interval went out
	line("jobs:1|c|T%d\njobs:1|c|T%d", 101, 119)
	line("jobs:1|c|T%d\nold:1|c|T%d", 200, -5000)
	if s := stampedString(b.tick(120)); s != "jobs_total 10 @110; jobs_total 11 @120" {
		t.Error(s)
	}
	if s := stampedString(b.tick(130)); s != "" {
		t.Errorf("a series that tells its times is not filled up: %s", s)
	}
	if st := b.Stats(); st.Bad["timestamp too old"] != 3 || st.Bad["timestamp in the future"] != 1 || st.Lines != st.Parsed+4 {
		t.Errorf("%+v", st.Bad)
	}
}

func TestTimeOfASeriesThatAlsoHasLinesWithout(t *testing.T) {
	b := newBench(t, nil)
	b.lines("hits:1|c")
	b.tick(10)
	b.lines(fmt.Sprintf("hits:5|c|T%d\nhits:7|c|T%d", at(5)/1000, at(15)/1000))
	if s := stampedString(b.tick(20)); s != "hits_total 8 @20" {
		t.Error(s)
	}
	if n := b.Stats().Bad["timestamp too old"]; n != 1 {
		t.Errorf("%d refused", n)
	}
}

// stampedString prints samples with the seconds since noon, by name and time.
func stampedString(samples []metric.Sample) string {
	var out []string
	for _, s := range samples {
		out = append(out, fmt.Sprintf("%s @%d", show(s), (s.At-at(0))/1000))
	}
	return sorted(out)
}

// passedOn remembers what was passed on.
type passedOn struct {
	events []metric.Event
	checks []metric.CheckResult
	err    error
}

func (p *passedOn) PutEvent(_ context.Context, e metric.Event) error {
	p.events = append(p.events, e)
	return p.err
}

func (p *passedOn) PutCheck(_ context.Context, r metric.CheckResult) error {
	p.checks = append(p.checks, r)
	return p.err
}

func TestEventsAndChecksArePassedOn(t *testing.T) {
	p := &passedOn{}
	b := newBench(t, func(c *Config) { c.Events, c.Checks = p, p })
	b.shard.datagrams([]listen.Datagram{{
		Data: []byte("_e{6,7}:deploy|web 1.2|d:1700000000|k:web|t:success|#env:prod\n" +
			"_sc|db|2|h:db1|#env:prod|m:no answer\nhits:1|c"), From: somebody,
	}})
	wantEvent := metric.Event{
		At: time.Unix(1700000000, 0), Title: "deploy", Text: "web 1.2", Host: "192.0.2.1", Key: "web",
		Priority: "normal", Type: "success", Labels: map[string]string{"env": "prod"},
	}
	wantCheck := metric.CheckResult{
		Name: "db", State: metric.Critical, Host: "db1", Message: "no answer", Labels: map[string]string{"env": "prod"},
	}
	if diff := cmp.Diff([]metric.Event{wantEvent}, p.events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]metric.CheckResult{wantCheck}, p.checks); diff != "" {
		t.Error(diff)
	}
	p.err = errors.New("queue full")
	b.lines("_sc|db|0")
	if st := b.Stats(); st.Parsed != 4 || st.Dropped["events"] != 1 {
		t.Errorf("%+v", st)
	}
}

func TestTopAndTail(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := make(chan Line)
	go b.Tail(ctx, "q", func(l Line) bool { lines <- l; return true }) // ends with ctx
	busy := make(chan []Busy)
	go func() { // ends when the table is there
		top, _ := b.Top(ctx, 2)
		busy <- top
	}()
	for b.watching() == 0 {
		time.Sleep(time.Millisecond)
	}
	b.lines("hits:5|c\nq:1\nq:2\nq:x\ng:1|g")
	b.ticker.tick(ctx, time.Now().UnixMilli(), goesOn)
	if got := <-busy; len(got) != 2 || got[0].Name != "hits_total" || got[0].Rate != 5 || got[1].Rate != 2 {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"q:1 ", "q:2 ", "q:x not a number"} {
		if l := <-lines; l.Line+" "+l.Reason != want {
			t.Errorf("%+v, want %s", l, want)
		}
	}
}

// watching tells whether Top and Tail have begun.
func (b *bench) watching() int {
	b.shard.mu.Lock()
	defer b.shard.mu.Unlock()
	if b.ticker.watch.until.Load() == 0 {
		return 0
	}
	return len(b.shard.taps)
}

func TestExpiryByType(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Expiry.Gauges, c.Expiry.Timings = 20*time.Second, 40*time.Second })
	b.lines("c:1|c\ng:1|g\nt:1|ms\nu:1|s")
	var seen []string
	for s := 10; s <= 60; s += 10 {
		var names []string
		for _, smp := range b.tick(s) {
			names = append(names, smp.Name())
		}
		seen = append(seen, strings.ReplaceAll(sorted(names), "; ", ","))
	}
	want := []string{"c_total,g,t_seconds,u", "c_total,g,t_seconds,u", "c_total,g,t_seconds,u", "c_total,t_seconds,u", "c_total,t_seconds,u", "c_total,u"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAForgottenSeriesTakesItsTimesAlong(t *testing.T) {
	b := newBench(t, func(c *Config) { c.IdleExpiry = 20 * time.Second })
	b.lines(fmt.Sprintf("jobs:1|c|T%d", at(8)/1000))
	for s := 10; s <= 60; s += 10 {
		b.tick(s)
	}
	b.lines(fmt.Sprintf("other:1|c|T%d", at(5)/1000)) // its record is the one of jobs
	if st := b.Stats(); st.Parsed != 2 {
		t.Errorf("%+v", st.Bad)
	}
}

func TestSignedGauges(t *testing.T) {
	c := listen.Default("127.0.0.1:0")
	c.SignedGauges = true
	b := newBench(t, func(cfg *Config) { cfg.Listen = []listen.Config{c} })
	for _, sh := range b.shards {
		sh.datagrams([]listen.Datagram{{Data: fmt.Appendf(nil, "g%d:7|g\ng%d:-5|g", sh.number, sh.number)}})
	}
	if got := stampedString(b.tick(10)); got != "g0 2 @10; g1 -5 @10" {
		t.Error(got)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestASignatureThatIsRefusedIsNoLine(t *testing.T) {
	b := newBench(t, nil)
	b.shard.datagrams([]listen.Datagram{{
		Data: []byte("_sig|1|web|1|n|00\nhits:1|c\nhits:2|c"), Refused: line.BadSignature,
	}})
	if st := b.Stats(); st.Lines != 2 || st.Bad[line.BadSignature.String()] != 2 || len(st.BadLines) != 2 {
		t.Errorf("%+v", st)
	}
}
