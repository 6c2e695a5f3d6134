package scrape

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plimsoll/internal/exposition"
	"plimsoll/internal/metric"
)

// sink remembers what was put.
type sink struct {
	mu   sync.Mutex // guards what follows
	all  []metric.Sample
	came chan struct{} // one for each put
}

func newSink() *sink { return &sink{came: make(chan struct{}, 10_000)} }

func (s *sink) Put(_ context.Context, samples []metric.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, slices.Clone(samples)...)
	s.came <- struct{}{}
	return nil
}

// text lists the samples put so far, without how long a scrape took.
func (s *sink) text() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.all {
		if m.Name() == "scrape_duration_seconds" {
			continue
		}
		v := fmt.Sprint(m.Value)
		if math.IsNaN(m.Value) {
			v = "stale"
		}
		out = append(out, fmt.Sprint(m.At, " ", m.Labels, " ", m.Kind, " ", v))
	}
	slices.Sort(out)
	return out
}

// exposing serves a text that a test may change.
type exposing struct {
	*httptest.Server
	mu   sync.Mutex // guards what follows
	text string
	kind string
	code int
}

func expose(t *testing.T, text string) *exposing {
	t.Helper()
	e := &exposing{text: text, code: 200}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.kind != "" {
			w.Header().Set("Content-Type", e.kind)
		}
		w.WriteHeader(e.code)
		_, _ = io.WriteString(w, e.text)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *exposing) set(code int, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.code, e.text = code, text
}

func (e *exposing) host() string { return strings.TrimPrefix(e.URL, "http://") }

// newLoop makes a loop that a test drives.
func newLoop(t *testing.T, j Job, to *sink) *loop {
	t.Helper()
	s, err := New(Config{Jobs: []Job{j}, SinkFor: func(string) metric.Sink { return to }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // its own loop ends at once
	for _, e := range s.jobs[0].wanted(nil) {
		return s.start(ctx, s.jobs[0].Job, e).loop
	}
	t.Fatal("no target is wanted")
	return nil
}

func TestSeriesAreLabelledAndGoStale(t *testing.T) {
	e, got := expose(t, "# TYPE a counter\na{x=\"1\",job=\"theirs\"} 3\nb 4\nc 5 7000\nd NaN\n"), newSink()
	l := newLoop(t, Job{Job: "app", Targets: []string{e.host()}, Labels: map[string]string{"env": "prod"}}, got)
	l.scrape(t.Context(), time.Unix(10, 0))
	e.set(200, "b 6\n")
	l.scrape(t.Context(), time.Unix(20, 0))
	e.set(500, "oops")
	l.scrape(t.Context(), time.Unix(30, 0))
	of := fmt.Sprintf(`env="prod", instance=%q, job="app"}`, e.host())
	exported := fmt.Sprintf(`env="prod", exported_job="theirs", instance=%q, job="app", x="1"}`, e.host())
	want := []string{
		`10000 {__name__="a", ` + exported + ` counter 3`,
		`10000 {__name__="b", ` + of + ` gauge 4`,
		`10000 {__name__="scrape_samples_scraped", ` + of + ` gauge 3`,
		`10000 {__name__="up", ` + of + ` gauge 1`,
		`20000 {__name__="a", ` + exported + ` gauge stale`,
		`20000 {__name__="b", ` + of + ` gauge 6`,
		`20000 {__name__="scrape_samples_scraped", ` + of + ` gauge 1`,
		`20000 {__name__="up", ` + of + ` gauge 1`,
		`30000 {__name__="b", ` + of + ` gauge stale`,
		`30000 {__name__="scrape_samples_scraped", ` + of + ` gauge 0`,
		`30000 {__name__="up", ` + of + ` gauge 0`,
		`7000 {__name__="c", ` + of + ` gauge 5`,
	}
	if diff := cmp.Diff(want, got.text()); diff != "" {
		t.Error(diff)
	}
}

func TestHonoredLabelsWin(t *testing.T) {
	e, got := expose(t, "a{job=\"theirs\",instance=\"i\",env=\"x\"} 3\n"), newSink()
	l := newLoop(t, Job{Job: "app", Targets: []string{e.host()}, HonorLabels: true, Labels: map[string]string{"env": "prod"}}, got)
	l.scrape(t.Context(), time.Unix(10, 0))
	if first := got.text()[0]; first != `10000 {__name__="a", env="x", instance="i", job="theirs"} gauge 3` {
		t.Errorf("got %s", first)
	}
}

func TestAnswersThatAreTooMuch(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		job  Job
	}{
		"samples": {"a 1\nb 2\nc 3\n", Job{MaxSamples: 2}},
		"bytes":   {strings.Repeat("a 1\n", 100), Job{MaxBodyBytes: 100}},
		"garbage": {"a 1\n<html>\n", Job{}},
	} {
		e, got := expose(t, c.text), newSink()
		c.job.Job, c.job.Targets = "app", []string{e.host()}
		newLoop(t, c.job, got).scrape(t.Context(), time.Unix(10, 0))
		if text := got.text(); len(text) != 2 || !strings.HasSuffix(text[0], " 0") || !strings.HasSuffix(text[1], " 0") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestKinds(t *testing.T) {
	const classic = `# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
h_sum 3
h_count 2
# TYPE s summary
s{quantile="0.5"} 1
s_sum 1
s_count 1
# TYPE g gauge
g_total 1
x_total 1
# TYPE c counter
c 1
y 1
`
	const open = "# TYPE c counter\nc_total 17.0\nc_created 1520430000.123\n# TYPE g gauge\ng 1\n# EOF\n"
	for _, c := range []struct {
		text, kind string
		want       map[string]metric.Kind
	}{
		{classic, "text/plain; version=0.0.4", map[string]metric.Kind{
			"h_bucket": metric.Counter, "h_sum": metric.Counter, "h_count": metric.Counter,
			"s": metric.Gauge, "s_sum": metric.Counter, "s_count": metric.Counter,
			"g_total": metric.Gauge, "x_total": metric.Counter, "c": metric.Counter, "y": metric.Gauge,
		}},
		{open, "application/openmetrics-text; version=1.0.0; charset=utf-8", map[string]metric.Kind{
			"c_total": metric.Counter, "c_created": metric.Gauge, "g": metric.Gauge,
		}},
	} {
		samples, err := exposition.Parse([]byte(c.text), c.kind, 1000, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]metric.Kind{}
		for _, s := range samples {
			got[s.Name()] = s.Kind
			if s.Name() == "c_total" && s.Start != 1520430000123 {
				t.Errorf("the counter began at %d", s.Start)
			}
		}
		delete(c.want, "c_created") // told as the begin, where the parser takes it so
		delete(got, "c_created")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// The real Go client, by Run, with targets that come and go by a file.
func TestRealClientByFile(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "jobs_total"})
	c.Add(3)
	reg.MustRegister(c)
	srv := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "targets.json")
	host := strings.TrimPrefix(srv.URL, "http://")
	if err := os.WriteFile(path, []byte(fmt.Sprintf(`[{"targets": [%q], "labels": {"env": "prod"}}]`, host)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := newSink()
	s, err := New(Config{
		Jobs:       []Job{{Job: "app", Files: []string{filepath.Join(filepath.Dir(path), "*.json")}, Interval: time.Second}},
		SinkFor:    func(source string) metric.Sink { return got },
		Registerer: prometheus.NewPedanticRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-got.came:
	case <-time.After(time.Minute):
		t.Fatal("nothing was put")
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{__name__="jobs_total", env="prod", instance=%q, job="app"} counter 3`, host)
	if text := strings.Join(got.text(), "\n"); !strings.Contains(text, want) {
		t.Errorf("got %s", text)
	}
}

func TestTargetsOfFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j := Job{Job: "app", Targets: []string{"a:1"}, Files: []string{filepath.Join(dir, "*")}}.withDefaults()
	f := files{patterns: j.Files}
	urls := func() (out []string) {
		for url, e := range j.wanted(f.known) {
			out = append(out, fmt.Sprint(url, " ", e.labels))
		}
		slices.Sort(out)
		return out
	}
	write("x.yml", "- targets: ['b:2']\n  labels: {env: prod, __metrics_path__: /m, __scheme__: https}\n")
	write("y.json", `[{"targets": ["c:3", "bad url"]}]`)
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	all := []string{"http://a:1/metrics map[]", "http://c:3/metrics map[]", "https://b:2/m map[env:prod]"}
	if diff := cmp.Diff(all, urls()); diff != "" {
		t.Error(diff)
	}
	write("x.yml", "- targts: []\n")
	err := f.read()
	if err == nil || !strings.Contains(err.Error(), "x.yml") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(all, urls()); diff != "" {
		t.Errorf("a broken file: %s", diff)
	}
	if err := os.Remove(filepath.Join(dir, "x.yml")); err != nil {
		t.Fatal(err)
	}
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all[:2], urls()); diff != "" {
		t.Errorf("a file that is gone: %s", diff)
	}
}

func TestATargetThatGoesAwayIsMarked(t *testing.T) {
	e, got := expose(t, "a 1\n"), newSink()
	s, err := New(Config{Jobs: []Job{{Job: "app", Targets: []string{e.host()}}}, SinkFor: func(string) metric.Sink { return got }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j := s.jobs[0]
	s.look(ctx, j)
	for _, r := range j.loops {
		r.stop() // this test drives it
		<-r.done
		r.scrape(t.Context(), time.Unix(10, 0))
	}
	j.Targets = nil
	s.look(ctx, j)
	stale := 0
	for _, line := range got.text() {
		if strings.HasSuffix(line, " stale") {
			stale++
		}
	}
	if stale != 3 || len(j.loops) > 0 { // a, up and scrape_samples_scraped
		t.Errorf("%d series are marked, %d loops run: %q", stale, len(j.loops), got.text())
	}
}

func TestTargetsSpreadOverTheIntervalAndKeepTheirRhythm(t *testing.T) {
	firsts := map[int64]bool{}
	for i := range 20 {
		j := Job{Job: "app", Interval: 10 * time.Second}.withDefaults()
		l := &loop{job: j, endpoint: endpoint{page: j.page(fmt.Sprintf("host%d:9100", i))}}
		at := l.next(time.Unix(1000, 0))
		if next := l.next(at); next.Sub(at) != 10*time.Second {
			t.Errorf("asked at %v and then at %v", at, next)
		}
		if at.Before(time.Unix(1000, 0)) || at.After(time.Unix(1010, 0)) {
			t.Errorf("asked first at %v", at)
		}
		firsts[at.Unix()] = true
	}
	if len(firsts) < 5 {
		t.Errorf("20 targets are asked in %d seconds of 10", len(firsts))
	}
}

func TestConfiguration(t *testing.T) {
	err := Config{Jobs: []Job{
		{Targets: []string{"a b:1"}, Scheme: "ftp", Path: "m", Interval: time.Millisecond, MaxSamples: -1, Labels: map[string]string{"__x": ""}},
		{Job: "x"},
		{Job: "x", Files: []string{"f"}},
	}}.Validate()
	for _, want := range []string{
		"jobs[0].job: is empty", "jobs[0].interval: 1ms is not a whole number of seconds", `jobs[0].scheme: "ftp" is not http or https`,
		`jobs[0].path: "m" does not begin with /`, "jobs[0].max_samples: -1 is less than 1", `jobs[0].labels: "__x" is no label`, `jobs[0].targets[0]: "a b:1"`,
		"jobs[1].targets: neither targets nor files are named", `jobs[2].job: "x" is that of another one too`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is missing of %v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("# TYPE a counter\na{x=\"1\"} 3 7\n"), "text/plain")
	f.Add([]byte("# TYPE c counter\nc_total 17.0\n# EOF\n"), "application/openmetrics-text")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		samples, err := exposition.Parse(body, kind, 1000, 100)
		if err != nil {
			return
		}
		for _, s := range samples {
			if math.IsNaN(s.Value) {
				t.Errorf("%v", s)
			}
		}
	})
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(`[{"targets": ["a:1"], "labels": {"x": "y"}}]`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if groups, err := parseFile(text); err == nil {
			_ = Job{Job: "x"}.withDefaults().wanted(map[string][]group{"f": groups})
		}
	})
}
