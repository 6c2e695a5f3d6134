package haproxy

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

func byName(t testing.TB, samples []metric.Sample) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, s := range samples {
		key := s.Labels.String()
		if _, twice := out[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		out[key] = s.Value
	}
	return out
}

// rig is a real HAProxy with two servers, one of them down.
type rig struct {
	peer               *peertest.Peer
	web, prom, control string
}

func newRig(t *testing.T) rig {
	t.Helper()
	dir := t.TempDir()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(app.Close)
	r := rig{web: peertest.Address(t), prom: peertest.Address(t), control: filepath.Join(dir, "s")}
	conf := fmt.Sprintf(`global
  stats socket %s level user
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind %s
  default_backend app
frontend prom
  bind %s
  http-request use-service prometheus-exporter if { path /metrics }
backend app
  server a %s weight 40
  server b %s check inter 100ms fall 1
  server c %s disabled
`, r.control, r.web, r.prom, app.Listener.Addr(), peertest.Address(t), peertest.Address(t))
	path := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	r.peer = peertest.Start(t, nil, "haproxy", "-db", "-f", path)
	r.peer.AwaitAddress(t, r.control)
	return r
}

func (r rig) sample(t *testing.T) (map[string]float64, error) {
	t.Helper()
	a, err := New(Config{Address: r.control})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(t, samples), err
}

// exported is what HAProxy's own exporter tells.
func (r rig) exported(t *testing.T) map[string]float64 {
	t.Helper()
	answer, err := http.Get("http://" + r.prom + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			pairs := []string{}
			for _, l := range m.GetLabel() {
				pairs = append(pairs, l.GetName(), l.GetValue())
			}
			b := new(batch.Names).Batch(time.Unix(0, 0))
			b.Gauge(name, m.GetGauge().GetValue()+m.GetCounter().GetValue(), pairs...)
			out[b.Samples[0].Labels.String()] = b.Samples[0].Value
		}
	}
	return out
}

func TestRealHAProxyTellsTheSameByItsOwnExporter(t *testing.T) {
	r := newRig(t)
	for range 3 {
		answer, err := http.Get("http://" + r.web + "/")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	var got map[string]float64
	r.peer.Await(t, "at rest, with b down", func(context.Context) bool {
		var err error
		if got, err = r.sample(t); err != nil {
			t.Fatal(err)
		}
		return got[`{__name__="haproxy_server_status", proxy="app", server="b", state="DOWN"}`] == 1 &&
			got[`{__name__="haproxy_frontend_http_responses_total", code="4xx", proxy="web"}`] == 3 &&
			got[`{__name__="haproxy_backend_current_sessions", proxy="app"}`] == 0
	})
	for key, want := range map[string]float64{
		`{__name__="haproxy_up"}`: 1,
		`{__name__="haproxy_frontend_http_responses_total", code="4xx", proxy="web"}`: 3,
		`{__name__="haproxy_server_weight", proxy="app", server="a"}`:                 40,
		`{__name__="haproxy_server_status", proxy="app", server="a", state="UP"}`:     1,
		`{__name__="haproxy_server_status", proxy="app", server="c", state="MAINT"}`:  1,
		`{__name__="haproxy_backend_status", proxy="app", state="UP"}`:                1,
		`{__name__="haproxy_server_bytes_in_total", proxy="app", server="c"}`:         0,
		`{__name__="haproxy_backend_http_requests_total", proxy="app"}`:               3,
	} {
		if v, is := got[key]; !is || v != want {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want)
		}
	}
	theirs := r.exported(t)
	for key := range got {
		if _, is := theirs[key]; !is && key != `{__name__="haproxy_up"}` {
			t.Errorf("HAProxy's own exporter does not tell %s", key)
		}
	}
	for _, family := range []string{"haproxy_server_", "haproxy_backend_", `haproxy_frontend_http_responses_total", code="4xx", proxy="web`} {
		for key, v := range got {
			moving := slices.ContainsFunc([]string{"_last_", "downtime", "check_duration", "check_f", "_average_"}, func(part string) bool {
				return strings.Contains(key, part) // their mean is of 1,024 requests, also when there were less
			})
			if strings.Contains(key, `__name__="`+family) && !moving && theirs[key] != v {
				t.Errorf("%s is %v, and by HAProxy's own exporter %v", key, v, theirs[key])
			}
		}
	}
	r.peer.Stop()
	got, err := r.sample(t)
	if err == nil {
		t.Error("no error from a dead process")
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="haproxy_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

func captured(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	// Columns that are empty unless a feature is used get a value.
	stat := captured(t, "2.6.12-stat.csv")
	lines := strings.Split(stat, "\n")
	for i, line := range lines[1:] {
		cells := strings.Split(line, ",")
		for j := range cells {
			if cells[j] == "" && j > 2 && j < 100 {
				cells[j] = "0"
			}
		}
		lines[i+1] = strings.Join(cells, ",")
	}
	if err := tellStat(b, strings.Join(lines, "\n")); err != nil {
		t.Fatal(err)
	}
	if err := tellInfo(b, captured(t, "2.6.12-info.txt")); err != nil {
		t.Fatal(err)
	}
	b.Flag("haproxy_up", true)
	told, described := map[string]string{}, map[string]string{}
	for _, s := range b.Samples {
		told[s.Name()] = s.Kind.String()
	}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	if diff := cmp.Diff(described, told); diff != "" {
		t.Errorf("(-described +told):\n%s", diff)
	}
}

func TestStates(t *testing.T) {
	for status, want := range map[string]string{
		"UP": "UP", "UP 1/3": "UP", "DOWN 1/2": "DOWN", "no check": "UP", "OPEN": "UP", "STOP": "DOWN",
		"MAINT (via app/a)": "MAINT", "DRAIN": "DRAIN", "NOLB": "NOLB", "DOWN (agent)": "DOWN",
	} {
		if got := state(status); got != want {
			t.Errorf("%q is %s, want %s", status, got, want)
		}
	}
}

func TestColumnsOfAnotherVersion(t *testing.T) {
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	err := tellStat(b, "# svname,new,pxname,type,scur,stot,status,\na,?,app,2,3,x,UP,\nBACKEND,?,app,1,4,5,UP,extra,more\n")
	if err == nil || err.Error() != `app/a: stot: "x" is not a number` {
		t.Errorf("got %v", err)
	}
	got := byName(t, b.Samples)
	if got[`{__name__="haproxy_server_current_sessions", proxy="app", server="a"}`] != 3 || got[`{__name__="haproxy_backend_sessions_total", proxy="app"}`] != 5 {
		t.Errorf("got %v", got)
	}
	for _, text := range []string{"", "Unknown command", "Permission denied\n"} {
		if err := tellStat(b, text); err == nil {
			t.Errorf("%q is taken", text)
		}
		if err := tellInfo(b, text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzTellStat(f *testing.F) {
	f.Add(captured(f, "2.6.12-stat.csv"))
	f.Add("# pxname,type\n\"a\n")
	f.Fuzz(func(_ *testing.T, text string) {
		_ = tellStat(new(batch.Names).Batch(time.Unix(1, 0)), text)
	})
}

func BenchmarkTellStat(b *testing.B) {
	text, names := captured(b, "2.6.12-stat.csv"), new(batch.Names)
	for b.Loop() {
		if err := tellStat(names.Batch(time.Unix(1, 0)), text); err != nil {
			b.Fatal(err)
		}
	}
}
