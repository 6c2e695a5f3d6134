package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	client "github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

var began = time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)

// rig is a Gateway whose clock stands until it is moved.
type rig struct {
	*Gateway
	t       *testing.T
	now     time.Time
	samples map[string][]metric.Sample // by source, of the last tick
	err     error
}

func (r *rig) Put(context.Context, []metric.Sample) error { return nil }

// sink is that of one source.
type sink struct {
	rig    *rig
	source string
}

func (s sink) Put(_ context.Context, samples []metric.Sample) error {
	s.rig.samples[s.source] = slices.Clone(samples)
	return s.rig.err
}

func newRig(t *testing.T, edit func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, now: began, samples: map[string][]metric.Sample{}}
	cfg := Default()
	cfg.Dir = t.TempDir()
	cfg.Now = func() time.Time { return r.now }
	cfg.SinkFor = func(source string) metric.Sink { return sink{r, source} }
	if edit != nil {
		edit(&cfg)
	}
	var err error
	if r.Gateway, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) do(method, path, body string) (int, string) {
	return r.as(sender.Sender{}, method, path, body)
}

func (r *rig) as(from sender.Sender, method, path, body string) (int, string) {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req = req.WithContext(sender.With(req.Context(), from))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

func (r *rig) push(method, path, body string) {
	r.t.Helper()
	if code, text := r.do(method, path, body); code != 200 {
		r.t.Errorf("%s %s: %d %s", method, path, code, text)
	}
}

// sampled moves the clock and returns what is then sampled, without the series
// that tell when groups were pushed.
func (r *rig) sampled(after time.Duration) []string {
	r.now = r.now.Add(after)
	r.samples = map[string][]metric.Sample{}
	r.tick(r.t.Context(), r.now)
	out := []string{}
	for _, samples := range r.samples {
		for _, s := range samples {
			if s.Name() != pushTime && s.Name() != failureTime {
				out = append(out, fmt.Sprint(s.Labels, " ", s.Kind, " ", s.Value, " @", metric.Time(s.At).Sub(began)))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (r *rig) wants(after time.Duration, want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), r.sampled(after)); diff != "" {
		r.t.Error(diff)
	}
}

func TestPutReplacesAndPostAdds(t *testing.T) {
	r := newRig(t, nil)
	const path = "/metrics/job/backup/instance/db1"
	r.push("PUT", path, "# TYPE bytes counter\nbytes 3\n# TYPE left gauge\nleft{disk=\"a\",job=\"theirs\"} 1\nleft{disk=\"b\"} 2\n")
	r.wants(
		10*time.Second,
		`{__name__="bytes", instance="db1", job="backup"} counter 3 @10s`,
		`{__name__="left", disk="a", instance="db1", job="backup"} gauge 1 @10s`,
		`{__name__="left", disk="b", instance="db1", job="backup"} gauge 2 @10s`,
	)
	r.push("POST", path, "# TYPE left gauge\nleft{disk=\"b\"} 5\n")
	r.wants(
		10*time.Second,
		`{__name__="bytes", instance="db1", job="backup"} counter 3 @20s`,
		`{__name__="left", disk="a", instance="db1", job="backup"} gauge NaN @20s`, // a stale marker
		`{__name__="left", disk="b", instance="db1", job="backup"} gauge 5 @20s`,
	)
	r.push("PUT", path, "other 7\n")
	r.wants(
		10*time.Second,
		`{__name__="bytes", instance="db1", job="backup"} counter NaN @30s`,
		`{__name__="left", disk="b", instance="db1", job="backup"} gauge NaN @30s`,
		`{__name__="other", instance="db1", job="backup"} gauge 7 @30s`,
	)
	if code, text := r.do("DELETE", path, ""); code != 202 {
		t.Errorf("%d %s", code, text)
	}
	r.wants(10*time.Second, `{__name__="other", instance="db1", job="backup"} gauge NaN @40s`)
	r.wants(10 * time.Second)
}

func TestWhenItWasPushed(t *testing.T) {
	r := newRig(t, nil)
	r.push("PUT", "/metrics/job/a", "x 1\n")
	r.now = r.now.Add(5 * time.Second)
	if code, text := r.do("PUT", "/metrics/job/a", "x 1 1700000000\n"); code != 400 || !strings.Contains(text, "time of its own") {
		t.Errorf("%d %s", code, text)
	}
	r.sampled(5 * time.Second)
	at := map[string]float64{}
	for _, s := range r.samples["push 192.0.2.1"] {
		at[s.Labels.String()] = s.Value
	}
	want := map[string]float64{
		`{__name__="x", job="a"}`:                         1,
		`{__name__="push_time_seconds", job="a"}`:         float64(began.Unix()),
		`{__name__="push_failure_time_seconds", job="a"}`: float64(began.Unix() + 5),
	}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsExpireAndOutliveARestart(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Expire = time.Hour })
	r.push("PUT", "/metrics/job/a/shift@base64/bi9pZ2h0", "# TYPE x_total counter\nx_total 0.1\n# TYPE most gauge\nmost +Inf\n")
	r.now = r.now.Add(30 * time.Minute)
	r.push("PUT", "/metrics/job/b", "y 1\n")
	again := newRig(t, func(c *Config) { c.Expire, c.Dir = time.Hour, r.cfg.Dir })
	again.now = r.now
	again.wants(
		0,
		`{__name__="most", job="a", shift="n/ight"} gauge +Inf @30m0s`,
		`{__name__="x_total", job="a", shift="n/ight"} counter 0.1 @30m0s`,
		`{__name__="y", job="b"} gauge 1 @30m0s`,
	)
	again.wants(
		40*time.Minute,
		`{__name__="most", job="a", shift="n/ight"} gauge NaN @1h10m0s`,
		`{__name__="x_total", job="a", shift="n/ight"} counter NaN @1h10m0s`,
		`{__name__="y", job="b"} gauge 1 @1h10m0s`,
	)
	if left, err := os.ReadDir(r.cfg.Dir); err != nil || len(left) != 1 {
		t.Errorf("%d files, %v", len(left), err)
	}
}

func TestFilesThatCannotBeReadAreSetAside(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.json": "{", "b.json": `{"version":2}`, "c.json": `{"version":1,"labels":{"job":"a"},"series":[{"value":"x"}]}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := newRig(t, func(c *Config) { c.Dir = dir })
	r.wants(0)
	if left, err := filepath.Glob(filepath.Join(dir, "*.unreadable")); err != nil || len(left) != 3 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestPathsThatAreNoGroup(t *testing.T) {
	r := newRig(t, nil)
	for path, want := range map[string]int{
		"/metrics/job/a":                              200,
		"/metrics/job/a/":                             200,
		"/metrics/job/a%2Fb/path/%E2%82%AC":           200,
		"/metrics/job@base64/YQ/b@base64/=":           200,
		"/metrics/job@base64/YQ==":                    200,
		"/metrics/job/a/b":                            400,
		"/metrics/instance/a":                         400,
		"/metrics/job@base64/=":                       400,
		"/metrics/job/a/job/b":                        400,
		"/metrics/job/a/__name__/b":                   400,
		"/metrics/job/a/x-y/b":                        400,
		"/metrics/job/a/x@base64/%21":                 400,
		"/metrics/job/%FF":                            400,
		"/metrics/job/a" + strings.Repeat("/x/y", 20): 400,
		"/metrics/jobs/a":                             400,
	} {
		if code, text := r.do("PUT", path, "x 1\n"); code != want {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxBodyBytes, c.MaxSeries = 400, 16 })
	r.push("PUT", "/metrics/job/a", "keep 1\n")
	for body, want := range map[string]int{
		"x 1\nx 2\n":                     400, // twice
		"x{job=\"b\"} 1\nx 2\n":          400, // twice, once they have the group's labels
		"# TYPE x counter\nx -1\n":       400,
		"x\n":                            400,
		"push_time_seconds 1\n":          400,
		strings.Repeat("x 1\n", 200):     413,
		"a 1\nb 1\nc 1\nd 1\ne 1\n":      507, // of 16 one source has 4
		"a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n": 400,
	} {
		if code, text := r.do("PUT", "/metrics/job/a", body); code != want {
			t.Errorf("%q: %d %s", body, code, text)
		}
	}
	r.wants(0, `{__name__="keep", job="a"} gauge 1 @0s`)
	if code, _ := r.do("PATCH", "/metrics/job/a", ""); code != 405 {
		t.Errorf("PATCH: %d", code)
	}
}

func TestOneSourceLeavesRoomForOthers(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxGroups, c.MaxSeries = 8, 12 })
	for i, want := range []int{200, 200, 507} {
		if code, text := r.do("PUT", fmt.Sprint("/metrics/job/", i), "x 1\n"); code != want {
			t.Errorf("group %d: %d %s", i, code, text)
		}
	}
	r.push("PUT", "/metrics/job/0", "x 1\n") // it is there already
	other := sender.Sender{Name: "other", Address: "10.0.0.8"}
	if code, text := r.as(other, "PUT", "/metrics/job/x", "x 1\n"); code != 200 {
		t.Errorf("another source: %d %s", code, text)
	}
	r.sampled(0)
	if len(r.samples["push 192.0.2.1"]) != 6 || len(r.samples["other 10.0.0.8"]) != 3 {
		t.Errorf("sampled %v", r.samples)
	}
}

func TestTokensSayWhatMayBePushed(t *testing.T) {
	r := newRig(t, nil)
	web := sender.Sender{Name: "web", Address: "10.0.0.7", Write: sender.Write{Jobs: []string{"web*"}, Metrics: []string{"x*"}}}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/metrics/job/web1", "x 1\n", 200},
		{"PUT", "/metrics/job/web1", "x 2\ny 1\n", 403},
		{"PUT", "/metrics/job/db", "x 1\n", 403},
		{"PUT", "/metrics/job/db", "", 403},
		{"DELETE", "/metrics/job/db", "", 403},
		{"DELETE", "/metrics/job/web2", "", 202},
	} {
		if code, text := r.as(web, c.method, c.path, c.body); code != c.want {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, text)
		}
	}
	r.wants(0, `{__name__="x", job="web1"} gauge 1 @0s`)
}

// The libraries of Prometheus push protobuf, and text when they are asked to.
// Who may not have a group leaves no trace at it, not even of a push that failed.
func TestOthersGroupsAreLeftAlone(t *testing.T) {
	r := newRig(t, nil)
	r.push("PUT", "/metrics/job/backup", "x 1\n")
	web := sender.Sender{Name: "web", Address: "10.0.0.7", Write: sender.Write{Jobs: []string{"web*"}}}
	if code, text := r.as(web, "PUT", "/metrics/job/backup", "no metrics at all\n"); code != http.StatusForbidden {
		t.Errorf("%d %s", code, text)
	}
	r.sampled(time.Second)
	for _, samples := range r.samples {
		for _, s := range samples {
			if s.Name() == failureTime && s.Value != 0 {
				t.Errorf("%s is %v", s.Labels, s.Value)
			}
		}
	}
}

func TestClientLibrary(t *testing.T) {
	for _, format := range []expfmt.Format{
		expfmt.NewFormat(expfmt.TypeProtoDelim), expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics),
	} {
		r := newRig(t, nil)
		mux := http.NewServeMux()
		mux.Handle("/metrics/", r)
		srv := httptest.NewServer(mux)
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "rows_total", Help: "Rows."})
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "Time.", Buckets: []float64{0.5}})
		s := prometheus.NewSummary(prometheus.SummaryOpts{Name: "waited_seconds", Help: "Time.", Objectives: map[float64]float64{0.5: 0.1}})
		c.Add(3)
		h.Observe(0.25)
		s.Observe(2)
		p := client.New(srv.URL, "backup").Grouping("path", "/var/lib").Grouping("none", "").Collector(c).Collector(h).Collector(s).Format(format)
		if err := errors.Join(p.Push(), p.Add()); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		r.wants(
			0,
			`{__name__="rows_total", job="backup", path="/var/lib"} counter 3 @0s`,
			`{__name__="took_seconds_bucket", job="backup", le="+Inf", path="/var/lib"} counter 1 @0s`,
			`{__name__="took_seconds_bucket", job="backup", le="0.5", path="/var/lib"} counter 1 @0s`,
			`{__name__="took_seconds_count", job="backup", path="/var/lib"} counter 1 @0s`,
			`{__name__="took_seconds_sum", job="backup", path="/var/lib"} counter 0.25 @0s`,
			`{__name__="waited_seconds", job="backup", path="/var/lib", quantile="0.5"} gauge 2 @0s`,
			`{__name__="waited_seconds_count", job="backup", path="/var/lib"} counter 1 @0s`,
			`{__name__="waited_seconds_sum", job="backup", path="/var/lib"} counter 2 @0s`,
		)
		if err := p.Delete(); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if len(r.groups) != 0 {
			t.Errorf("%s: a group is left", format)
		}
		srv.Close()
	}
}

func TestSampledAtMultiplesOfTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Now = time.Now })
		r.push("PUT", "/metrics/job/a", "x 1\n")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }() // waited for below
		time.Sleep(25 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		at := metric.Time(r.samples["push 192.0.2.1"][0].At)
		if want := time.Date(2000, 1, 1, 0, 0, 20, 0, time.UTC); !at.Equal(want) {
			t.Errorf("sampled at %v, want %v", at, want)
		}
	})
}

// FuzzPush feeds any path, body and type: it may be refused, must not panic, and
// what is taken is read again from its file as it was.
func FuzzPush(f *testing.F) {
	f.Add("job/a", "# TYPE x counter\nx{a=\"b\"} 1\n", "")
	f.Add("job@base64/YQ/b/c", "# TYPE x counter\nx_total 1\n# EOF\n", "application/openmetrics-text; version=1.0.0")
	f.Add("job/a", "\x10\x0a\x01x\x18\x01\x22\x0b\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf0?",
		"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
	f.Fuzz(func(t *testing.T, path, body, contentType string) {
		key, err := keyOf("/metrics/" + path)
		if err != nil {
			return
		}
		series, err := parse(key, []byte(body), contentType, 50)
		if err != nil {
			return
		}
		if len(series) > 50 || key.Get("job") == "" {
			t.Fatalf("%d series of %s", len(series), key)
		}
		it := &group{labels: key, source: "s", pushed: began, series: series}
		fs := files{t.TempDir()}
		if err := fs.write(it); err != nil {
			t.Fatal(err)
		}
		back, err := read(fs.name(key.String()))
		if err != nil {
			t.Fatal(err)
		}
		same := cmp.Comparer(labels.Equal)
		if diff := cmp.Diff(it.sample(1), back.sample(1), same); diff != "" {
			t.Fatal(diff)
		}
	})
}
