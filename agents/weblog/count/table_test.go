package count

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/class"
	"plimsoll/internal/metric"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newTable(t interface{ Fatal(...any) }, change func(*Config)) *Table {
	rules, err := class.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.Interval, c.Rules = 10*time.Second, rules
	if change != nil {
		change(&c)
	}
	return New(c)
}

// entry is a request that ended so many seconds after noon.
func entry(second float64, path string) *accesslog.Entry {
	return &accesslog.Entry{
		At: noon.Add(time.Duration(second * float64(time.Second))), VHost: "www", Method: "GET", Path: path, Status: 200,
		Bytes: 100, Duration: 250 * time.Millisecond, DurationKnown: true,
	}
}

// shown writes samples so that tests can compare them.
func shown(batches []Batch) (out []string) {
	for _, b := range batches {
		for _, s := range b.Samples {
			value := fmt.Sprint(s.Value)
			if s.Kind == metric.Timing {
				value = fmt.Sprintf("%g× %.3g to %.3g", s.Sketch.Count(), s.Sketch.Min(), s.Sketch.Max())
			}
			l := strings.NewReplacer("http_", "", "__name__=", "", `instance="`+b.Server+`", `, "", `"`, "").Replace(s.Labels.String())
			out = append(out, fmt.Sprintf("%d..%d %s %s %s", (s.Start-noon.UnixMilli())/1000, (s.At-noon.UnixMilli())/1000, b.Server, l, value))
		}
	}
	slices.Sort(out)
	return out
}

func want(t *testing.T, got []Batch, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, shown(got)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func (t *Table) cutAt(second int) []Batch {
	return t.Cut(noon.UnixMilli()+int64(second)*1000, map[string]string{"job": "web"})
}

func TestIntervals(t *testing.T) {
	tb := newTable(t, nil)
	now := noon.Add(15 * time.Second)
	tb.Add("a", entry(0, "/p/1"), now)
	tb.Add("a", entry(9.999, "/p/2"), now)
	failed := entry(5, "/p/3")
	failed.Status, failed.Bytes, failed.Upstream, failed.UpstreamKnown, failed.DurationKnown = 503, -1, time.Second, true, false
	tb.Add("a", failed, now)
	tb.Add("a", entry(10, "/p/2"), now)
	if v, c := tb.Add("b", entry(11, "/x"), now); v != "www" || c != "/x" {
		t.Error(v, c)
	}
	want(t, tb.cutAt(10),
		`0..10 a {request_duration_seconds, class=/p/*, job=web, vhost=www} 2× 0.25 to 0.25`,
		`0..10 a {requests_total, class=/p/*, code=2xx, job=web, method=GET, vhost=www} 2`,
		`0..10 a {requests_total, class=/p/*, code=5xx, job=web, method=GET, vhost=www} 1`,
		`0..10 a {response_bytes_total, class=/p/*, job=web, vhost=www} 200`,
		`0..10 a {upstream_duration_seconds, class=/p/*, job=web, vhost=www} 1× 1 to 1`,
	)
	want(t, tb.cutAt(30),
		`0..20 a {requests_total, class=/p/*, code=2xx, job=web, method=GET, vhost=www} 3`,
		`0..20 a {requests_total, class=/p/*, code=5xx, job=web, method=GET, vhost=www} 1`,
		`0..20 a {response_bytes_total, class=/p/*, job=web, vhost=www} 300`,
		`0..30 a {requests_total, class=/p/*, code=2xx, job=web, method=GET, vhost=www} 3`,
		`0..30 a {requests_total, class=/p/*, code=5xx, job=web, method=GET, vhost=www} 1`,
		`0..30 a {response_bytes_total, class=/p/*, job=web, vhost=www} 300`,
		`10..20 a {request_duration_seconds, class=/p/*, job=web, vhost=www} 1× 0.25 to 0.25`,
		`10..20 b {request_duration_seconds, class=/x, job=web, vhost=www} 1× 0.25 to 0.25`,
		`10..20 b {requests_total, class=/x, code=2xx, job=web, method=GET, vhost=www} 1`,
		`10..20 b {response_bytes_total, class=/x, job=web, vhost=www} 100`,
		`10..30 b {requests_total, class=/x, code=2xx, job=web, method=GET, vhost=www} 1`,
		`10..30 b {response_bytes_total, class=/x, job=web, vhost=www} 100`,
	)
}

func TestLateAndEarlyCountAll(t *testing.T) {
	tb := newTable(t, nil)
	tb.Add("a", entry(0, "/"), noon)
	tb.cutAt(10)
	now := noon.Add(12 * time.Second)
	tb.Add("a", entry(3, "/"), now)    // late
	tb.Add("a", entry(3600, "/"), now) // an hour ahead
	if tb.Late != 1 || tb.Ahead != 1 {
		t.Errorf("%d late, %d ahead", tb.Late, tb.Ahead)
	}
	want(t, tb.cutAt(20),
		`0..20 a {requests_total, class=/, code=2xx, job=web, method=GET, vhost=www} 3`,
		`0..20 a {response_bytes_total, class=/, job=web, vhost=www} 300`,
		`10..20 a {request_duration_seconds, class=/, job=web, vhost=www} 2× 0.25 to 0.25`,
	)
}

func TestWhatComesBackAfterIdling(t *testing.T) {
	tb := newTable(t, nil)
	e := entry(0, "/")
	e.Bytes, e.DurationKnown = -1, false
	tb.Add("a", e, noon)
	if n := len(shown(tb.cutAt(3600))); n != 61 { // one, and for ten minutes
		t.Errorf("%d samples of an hour with one request", n)
	}
	e.At = noon.Add(7205 * time.Second)
	tb.Add("a", e, e.At)
	want(t, tb.cutAt(7210),
		`0..7200 a {requests_total, class=/, code=2xx, job=web, method=GET, vhost=www} 1`,
		`0..7210 a {requests_total, class=/, code=2xx, job=web, method=GET, vhost=www} 2`,
	)
}

func TestWhatWasNotFoundMakesNoClass(t *testing.T) {
	tb := newTable(t, nil)
	e := entry(0, "/wp-login.php")
	e.Status = 404
	if _, c := tb.Add("a", e, noon); c != class.Other {
		t.Errorf("it is of %q", c)
	}
	e.Status = 200
	tb.Add("a", e, noon)
	e.Status = 404
	if _, c := tb.Add("a", e, noon); c != "/wp-login.php" {
		t.Errorf("a page that is there is of %q", c)
	}
}

func TestPagesAreForgotten(t *testing.T) {
	tb := newTable(t, func(c *Config) { c.MaxClasses = 2 })
	for _, path := range []string{"/a", "/b", "/c"} {
		tb.Add("s", entry(0, path), noon)
	}
	tb.cutAt(10)
	day := Forget.Seconds()
	tb.Add("s", entry(day, "/a"), noon.Add(Forget))
	tb.cutAt(int(day) + 20)
	if len(tb.pages) != 1 {
		t.Errorf("%d pages are known", len(tb.pages))
	}
	_, c := tb.Add("s", entry(day+25, "/c"), noon.Add(Forget+30*time.Second))
	if c != "/c" {
		t.Errorf("there is no room for another: %s", c)
	}
	tb.cutAt(int(3 * day))
	if len(tb.pages)+len(tb.servers) != 0 {
		t.Errorf("%d pages of %d servers are known", len(tb.pages), len(tb.servers))
	}
}

func TestBounds(t *testing.T) {
	tb := newTable(t, func(c *Config) { c.MaxServers, c.MaxVHosts, c.MaxClasses, c.MaxCells = 2, 2, 2, 9 })
	for i := range 4 {
		e := entry(0, fmt.Sprintf("/word%c", 'a'+i))
		for j := range 4 {
			e.VHost = fmt.Sprintf("v%d", j)
			for _, s := range []string{"a", "b", "c", "d"} {
				tb.Add(s, e, noon)
			}
		}
	}
	if len(tb.servers) != 3 || len(tb.pages) != 27 || tb.Full() {
		t.Errorf("%d servers, %d pages, full: %v", len(tb.servers), len(tb.pages), tb.Full())
	}
	if tb.Add("a", entry(10, "/worda"), noon); !tb.Full() {
		t.Error("two intervals with more cells than are allowed are not full")
	}
	total := 0.0
	for _, b := range tb.cutAt(20) {
		for _, s := range b.Samples {
			if s.Name() == NameRequests && s.At == noon.UnixMilli()+20_000 {
				total += s.Value
			}
		}
	}
	if total != 65 || tb.Full() {
		t.Errorf("%g requests counted, full: %v", total, tb.Full())
	}
}

// A table that is restored gives what the other would have given, whenever that
// was and whatever comes.
func TestRestoredTableGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newTable(t, nil)
		now := 0
		for range rapid.IntRange(0, 10).Draw(t, "steps") {
			now += rapid.SampledFrom([]int{0, 1, 5, 10, 700, 90_000}).Draw(t, "passes")
			var all []*accesslog.Entry
			for range rapid.IntRange(0, 3).Draw(t, "requests") {
				e := entry(float64(now-rapid.IntRange(0, 30).Draw(t, "ago")), rapid.SampledFrom([]string{"/a", "/b", ""}).Draw(t, "path"))
				e.Status = rapid.SampledFrom([]int{0, 200, 404}).Draw(t, "status")
				all = append(all, e)
			}
			cut := rapid.Bool().Draw(t, "cut")
			b := restored(t, a)
			for _, tb := range []*Table{a, b} {
				for _, e := range all {
					tb.Add("s", e, noon.Add(time.Duration(now)*time.Second))
				}
			}
			if !cut {
				continue
			}
			if diff := cmp.Diff(shown(a.cutAt(now/10*10)), shown(b.cutAt(now/10*10))); diff != "" {
				t.Fatalf("restored (-first +second):\n%s", diff)
			}
		}
	})
}

func restored(t *rapid.T, a *Table) *Table {
	s, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Snapshot
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	b := newTable(t, func(c *Config) { c.MaxClasses = 1 }) // limits do not matter to what is there
	if err := b.Restore(back); err != nil {
		t.Fatal(err)
	}
	b.cfg = a.cfg
	return b
}

func TestRestoreWithAnotherInterval(t *testing.T) {
	a := newTable(t, nil)
	for _, second := range []float64{0, 12, 25} {
		a.Add("s", entry(second, "/"), noon.Add(26*time.Second))
	}
	a.cutAt(10)
	s, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	b := newTable(t, func(c *Config) { c.Interval = time.Minute })
	if err := b.Restore(s); err != nil {
		t.Fatal(err)
	}
	want(t, b.cutAt(120),
		`0..120 s {requests_total, class=/, code=2xx, job=web, method=GET, vhost=www} 3`,
		`0..120 s {response_bytes_total, class=/, job=web, vhost=www} 300`,
		`60..120 s {request_duration_seconds, class=/, job=web, vhost=www} 2× 0.25 to 0.25`,
	)
}

func TestBrokenSnapshots(t *testing.T) {
	for name, s := range map[string]Snapshot{
		"page":   {Step: 10000, Open: []savedCells{{End: 10000, Cells: []savedCell{{Page: 1}}}}},
		"twice":  {Pages: []savedPage{{Server: "a"}, {Server: "a"}}},
		"sketch": {Pages: []savedPage{{}}, Open: []savedCells{{Cells: []savedCell{{Took: []byte{9}}}}}},
	} {
		if err := newTable(t, nil).Restore(s); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestMetaNamesWhatIsMade(t *testing.T) {
	var names []string
	for _, m := range Meta() {
		names = append(names, m.Name)
	}
	made := map[string]bool{}
	tb := newTable(t, nil)
	e := entry(0, "/")
	e.UpstreamKnown = true
	tb.Add("a", e, noon)
	for _, s := range tb.cutAt(10)[0].Samples {
		made[s.Name()] = true
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(made))); diff != "" {
		t.Error(diff)
	}
}
