package accesslog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// captured are the logs of real servers in testdata, with their formats.
var captured = map[string]string{
	"nginx-combined":  "combined",
	"nginx-timed":     "nginx_timed",
	"nginx-upstream":  `nginx:log_format up '$server_name $remote_addr [$time_iso8601] "$request" $status ' '$bytes_sent $request_time $upstream_response_time $upstream_addr';`,
	"nginx-json":      "json",
	"apache-common":   "common",
	"apache-timed":    "apache_timed",
	"apache-vhost":    "vhost_combined",
	"apache-custom":   `apache:LogFormat "%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t %m %U%q %H %>s %B %{ms}T %V \"%{Host}i\"" custom`,
	"squid":           "squid",
	"haproxy":         "haproxy",
	"apache-unquoted": "combined",
}

func (e Entry) forTest() string {
	known := func(d time.Duration, is bool) string {
		if !is {
			return "-"
		}
		return d.String()
	}
	return fmt.Sprintf("%s %s %s %s %q %s %d %d %s %s %s %q %q", e.At.Format(time.RFC3339Nano), e.Client, e.VHost, e.Method, e.Path, e.Proto,
		e.Status, e.Bytes, known(e.Duration, e.DurationKnown), known(e.Upstream, e.UpstreamKnown), e.Server, e.Referer, e.UserAgent)
}

func TestLinesOfRealServers(t *testing.T) {
	for name, spec := range captured {
		t.Run(name, func(t *testing.T) {
			f := newFormat(t, spec)
			var got []string
			for _, line := range linesOf(t, filepath.Join("testdata", name+".log")) {
				var e Entry
				if err := f.Parse(line, &e); err != nil {
					t.Error(err)
				}
				got = append(got, e.forTest())
			}
			want := linesOf(t, filepath.Join("testdata", name+".want"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s\nall: %s", diff, strings.Join(got, "\n"))
			}
		})
	}
}

func TestDetectKnowsRealServers(t *testing.T) {
	for name, spec := range captured {
		if strings.Contains(spec, ":") || name == "apache-timed" {
			continue
		}
		f, err := Detect(linesOf(t, filepath.Join("testdata", name+".log")), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.String() != spec {
			t.Errorf("%s was taken for %s, not %s", name, f, spec)
		}
	}
	for _, name := range []string{"apache-timed", "apache-custom"} {
		if f, err := Detect(linesOf(t, filepath.Join("testdata", name+".log")), nil); err == nil {
			t.Errorf("%s was taken for %s, though nobody told a unit", name, f)
		}
	}
}

func linesOf(t testing.TB, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func newFormat(t testing.TB, spec string) *Format {
	t.Helper()
	f, err := New(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
