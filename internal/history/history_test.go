package history

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func text(name, s string) Input {
	return Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
}

// read returns the samples as texts, and holds Read to what the package comment
// says of their order.
func read(t testing.TB, o Options, inputs ...Input) ([]string, Stats, error) {
	t.Helper()
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	var out []string
	seen := map[string]int64{}
	current := ""
	stats, err := Read(context.Background(), inputs, o, func(samples []metric.Sample) error {
		if len(samples) == 0 || len(samples) > MaxBlock {
			t.Errorf("a block of %d samples", len(samples))
		}
		for _, s := range samples {
			name := s.Labels.String()
			if last, known := seen[name]; known && (name != current || s.At <= last) {
				t.Errorf("%s at %d after %d", name, s.At, last)
			}
			seen[name], current = s.At, name
			out = append(out, show(s))
		}
		return nil
	})
	return out, stats, err
}

func show(s metric.Sample) string {
	if s.Sketch != nil {
		return fmt.Sprintf("%s %d-%d %s n=%g sum=%g p50=%g", s.Labels, s.Start, s.At, s.Kind, s.Sketch.Count(), s.Sketch.Sum(), s.Sketch.Quantile(0.5))
	}
	return fmt.Sprintf("%s %d-%d %s %g", s.Labels, s.Start, s.At, s.Kind, s.Value)
}

func TestFormatsGive(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		input   string
		want    []string
		bad     map[string]int64
	}{
		"openmetrics": {
			Options{Format: OpenMetrics},
			"# HELP http_requests Requests.\n# TYPE http_requests counter\nhttp_requests_total{code=\"200\"} 1021 1565133713.989\n" +
				"http_requests_total{code=\"200\"} 1 1565133700 # {trace_id=\"x\"} 1 1565133700\n" +
				"http_requests_created{code=\"200\"} 1565133000 1565133713.989\n" +
				"# TYPE t summary\nt{quantile=\"0.5\"} NaN 1565133713\nt_count 3 1565133713\nload 1 1565133713\nload 2 1565133713\nbroken{ 1 1\nno_time 1\n# EOF\nafter_total 7 1565133713\n",
			[]string{
				`{__name__="http_requests_total", code="200"} 0-1565133700000 counter 1`,
				`{__name__="http_requests_total", code="200"} 0-1565133713989 counter 1021`,
				`{__name__="t_count"} 0-1565133713000 counter 3`,
				`{__name__="load"} 0-1565133713000 gauge 2`,
				`{__name__="after_total"} 0-1565133713000 counter 7`,
			},
			map[string]int64{"not of the format": 1, "no timestamp": 1},
		},
		"prometheus": {
			Options{Format: Prometheus},
			"# TYPE x_total gauge\nx_total 1 1565133713989\ny_total 2 1565133713989\n{__name__=\"up\", job=\"a b\"} 1 1565133713989\n{__name__=\"up\"} 1 1565133713989\n",
			[]string{
				`{__name__="x_total"} 0-1565133713989 gauge 1`, `{__name__="y_total"} 0-1565133713989 counter 2`,
				`{__name__="up", job="a b"} 0-1565133713989 gauge 1`, `{__name__="up"} 0-1565133713989 gauge 1`,
			},
			nil,
		},
		"json": {
			Options{Format: JSON, Labels: labels.FromStrings("site", "old", "host", "b")},
			`{"metric":{"__name__":"up","host":"a","empty":""},"values":[1,null,"NaN","Infinity",0.5],"timestamps":[5000,6000,7000,8000,3000]}` + "\n\n" +
				`{"metric":{"__name__":"up"},"values":[1],"timestamps":[]}` + "\n" + `{"metric":{},"values":[1],"timestamps":[1]}` + "\n" + `{"metric":` +
				"\n" + `{"metric":{"__name__":"up"},"values":[1,2],"timestamps":[9000,-1]}`,
			[]string{
				`{__name__="up", host="b", site="old"} 0-3000 gauge 0.5`,
				`{__name__="up", host="b", site="old"} 0-5000 gauge 1`,
			},
			map[string]int64{"not of the format": 1, "values without timestamps": 1, "no name": 1, "invalid time": 1},
		},
		"csv": {
			Options{Format: CSV},
			"\xef\xbb\xbftime,load1,\"req_total{host=\"\"a\"\",status=\"\"200\"\"}\"\r\n1700000000.5,0.25,17\r\n2023-11-14T22:13:30Z,,18\n\"1700000020\", NaN ,19\nx,1,2\n1700000030,1\n1700000030,a,1\n",
			[]string{
				`{__name__="load1"} 0-1700000000500 gauge 0.25`,
				`{__name__="req_total", host="a", status="200"} 0-1700000000500 counter 17`,
				`{__name__="req_total", host="a", status="200"} 0-1700000010000 counter 18`,
				`{__name__="req_total", host="a", status="200"} 0-1700000020000 counter 19`,
			},
			map[string]int64{"invalid time": 1, "columns": 1, "not a number": 1},
		},
		"csv without header": {Options{Format: CSV}, "1,2\n3,4\n", nil, map[string]int64{"bad header": 2}},
		"lines": {
			Options{Format: Lines},
			"hits:3|c|@0.5|T1700000001\nhits:1|c|T1700000010\nhits:1|c|T1700000011|#a:b\nt:250|ms|T1700000001\nt:750|ms|#|T1700000002\n" +
				"temp:21|g|T1700000003\ntemp:+1|g|T1700000004\nusers:bob|s|T1700000001\nhits:1|c\nbare\nok_x:1|c|T1700000001\n" +
				"h.its:1|c|T1700000001\nh_its:1|c|T1700000001\n_e{1,1}:a|b\nhits:1|c|T0\n",
			[]string{
				`{__name__="hits_total"} 1700000000000-1700000010000 counter 7`,
				`{__name__="hits_total", a="b"} 1700000010000-1700000020000 counter 1`,
				`{__name__="t_seconds"} 1700000000000-1700000010000 summary n=2 sum=1 p50=0.25`,
				`{__name__="temp"} 0-1700000003000 gauge 21`,
				`{__name__="ok_x_total"} 1700000000000-1700000010000 counter 1`,
				`{__name__="h_its_total"} 1700000000000-1700000010000 counter 1`,
			},
			map[string]int64{"relative gauge": 1, "set": 1, "no timestamp": 2, "name collision": 1, "invalid time": 1},
		},
		"access log": {
			Options{Format: AccessLog, LogFormat: `nginx:$msec $host $request_method $status $bytes_sent $request_time`},
			"1700000000.000 A.example.org:80 GET 200 100 0.250\n1700000009.999 a.example.org GET 200 10 -\n1700000010.000 a.example.org BREW 200 1 0.5\n" +
				"1700000001.000 <x> - 000 0 0.100\nbroken\n",
			[]string{
				`{__name__="http_requests_total", host="a.example.org", method="GET", status="200"} 1700000000000-1700000010000 counter 2`,
				`{__name__="http_response_bytes_total", host="a.example.org"} 1700000000000-1700000010000 counter 110`,
				`{__name__="http_response_bytes_total", host="a.example.org"} 1700000010000-1700000020000 counter 1`,
				`{__name__="http_request_seconds", host="a.example.org"} 1700000000000-1700000010000 summary n=1 sum=0.25 p50=0.25`,
				`{__name__="http_request_seconds", host="a.example.org"} 1700000010000-1700000020000 summary n=1 sum=0.5 p50=0.5`,
				`{__name__="http_requests_total", host="a.example.org", method="other", status="200"} 1700000010000-1700000020000 counter 1`,
				`{__name__="http_requests_total", host="other", method="none", status="none"} 1700000000000-1700000010000 counter 1`,
				`{__name__="http_response_bytes_total", host="other"} 1700000000000-1700000010000 counter 0`,
				`{__name__="http_request_seconds", host="other"} 1700000000000-1700000010000 summary n=1 sum=0.1 p50=0.1`,
			},
			map[string]int64{"not of the format": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, stats, err := read(t, c.options, text("in", c.input))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.bad, stats.Bad); diff != "" {
				t.Errorf("bad lines (-want +got):\n%s\n%s", diff, strings.Join(stats.Examples, "\n"))
			}
			if stats.Samples != int64(len(got)) {
				t.Errorf("counted %d samples of %d", stats.Samples, len(got))
			}
		})
	}
}

const logLine = `192.0.2.1 - - [10/Oct/2026:13:55:36 +0200] "GET /a?b HTTP/1.1" 200 2326 "-" "curl/8"` + "\n"

func TestCompressedFilesAndTheirOrder(t *testing.T) {
	var zipped, zstded bytes.Buffer
	for range 2 { // members one after the other
		z := gzip.NewWriter(&zipped)
		fmt.Fprint(z, logLine)
		z.Close()
	}
	z, err := zstd.NewWriter(&zstded)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(z, logLine)
	z.Close()
	got, stats, err := read(t, Options{Format: AccessLog}, text("a.gz", zipped.String()), text("b.zst", zstded.String()), text("c", strings.TrimSpace(logLine)))
	if err != nil || stats.Lines != 4 || stats.Taken != 4 {
		t.Fatalf("%v, %+v", err, stats)
	}
	if want := `{__name__="http_requests_total", method="GET", status="200"} 1791633330000-1791633340000 counter 4`; got[0] != want {
		t.Errorf("got %s, want %s", got[0], want)
	}
	_, _, err = read(t, Options{Format: AccessLog}, text("cut.gz", zipped.String()[:zipped.Len()-20]))
	if err == nil || !strings.Contains(err.Error(), "cut.gz: after line") {
		t.Errorf("a truncated file: %v", err)
	}
}

func TestReadStops(t *testing.T) {
	none := func([]metric.Sample) error { t.Error("emitted"); return nil }
	bad := strings.Repeat("x\n", 20) + logLine
	o := Options{Format: AccessLog, LogFormat: "combined", MaxBad: 3}
	stats, err := Read(context.Background(), []Input{text("f", bad)}, o, none)
	if !errors.Is(err, ErrTooManyBad) || stats.Bad["not of the format"] != 4 || len(stats.Examples) != 4 || !strings.HasPrefix(stats.Examples[1], "f:2: not of the format: ") {
		t.Errorf("got %v, %+v", err, stats)
	}
	o.MaxBad = -1
	if _, _, err := read(t, o, text("f", bad)); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	if _, err := Read(context.Background(), []Input{text("f", "a\nb\n")}, Options{Format: AccessLog}, none); err == nil {
		t.Error("a format was found where there is none")
	}
	if _, err := Read(context.Background(), []Input{File(t.TempDir() + "/none")}, o, none); err == nil {
		t.Error("a file that is not there was read")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, []Input{text("f", logLine)}, o, none); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, o := range []Options{{Format: "xml"}, {Format: Lines, Interval: time.Second}, {Format: AccessLog, LogFormat: "x"}} {
		if _, err := Read(context.Background(), nil, o, none); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	full := errors.New("full")
	if _, err := Read(context.Background(), []Input{text("f", logLine)}, o, func([]metric.Sample) error { return full }); !errors.Is(err, full) {
		t.Errorf("the error of emit: %v", err)
	}
	o.TempDir, o.MemoryBytes = t.TempDir()+"/none", 1
	if _, _, err := read(t, Options{Format: Prometheus, TempDir: o.TempDir, MemoryBytes: 1}, text("f", manyValues(20_000))); err == nil {
		t.Error("without a place to put runs")
	}
}

func manyValues(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "s%d %d %d\n", i%7, i, 1_700_000_000_000+(n-i)/2*1000)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	_, stats, err := read(t, Options{Format: Prometheus, MaxSeries: 2, MaxLineBytes: 10}, text("f", "a 1 1\nb 1 1\nc 1 1\na 2 2\n"+strings.Repeat("x", 100_000)+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"series limit": 1, "line too long": 1}
	if diff := cmp.Diff(want, stats.Bad); diff != "" || stats.Samples != 3 || stats.Series != 2 {
		t.Errorf("%s\n%+v", diff, stats)
	}
	var hosts strings.Builder
	for i := range 2 * maxHosts {
		fmt.Fprintf(&hosts, "1700000000 h%d\n", i)
	}
	got, _, err := read(t, Options{Format: AccessLog, LogFormat: "nginx:$msec $host"}, text("f", hosts.String()))
	if err != nil || len(got) != maxHosts+1 || !strings.Contains(got[maxHosts], `host="other"`) || !strings.HasSuffix(got[maxHosts], " 200") {
		t.Errorf("%v, %d series, the last %s", err, len(got), got[len(got)-1])
	}
}

// TestMemoryDoesNotShow compares what comes out with and without runs on disk.
func TestMemoryDoesNotShow(t *testing.T) {
	input := text("f", manyValues(100_000))
	want, stats, err := read(t, Options{Format: Prometheus}, input)
	if err != nil || stats.Runs != 0 {
		t.Fatal(err, stats.Runs)
	}
	got, small, err := read(t, Options{Format: Prometheus, MemoryBytes: 1}, input)
	if err != nil || small.Runs < 5 {
		t.Fatal(err, small.Runs)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if stats.Duplicates != small.Duplicates || stats.Duplicates+stats.Samples != stats.Taken {
		t.Errorf("duplicates %d and %d of %d taken, %d emitted", stats.Duplicates, small.Duplicates, stats.Taken, stats.Samples)
	}
}

func TestSilenceIsZeroForAWhile(t *testing.T) {
	input := text("f", "a:1|c|T100\na:1|c|T130\na:1|c|T200\nt:1|ms|T100\nt:1|ms|T130\ng:1|g|T100\ng:1|g|T130\n")
	got, stats, err := read(t, Options{Format: Lines, Idle: 30 * time.Second}, input)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{__name__="a_total"} 90000-100000 counter 1`, `{__name__="a_total"} 100000-110000 counter 0`, `{__name__="a_total"} 110000-120000 counter 0`,
		`{__name__="a_total"} 120000-130000 counter 1`, `{__name__="a_total"} 190000-200000 counter 1`,
		`{__name__="t_seconds"} 90000-100000 summary n=1 sum=0.001 p50=0.001`, `{__name__="t_seconds"} 120000-130000 summary n=1 sum=0.001 p50=0.001`,
		`{__name__="g"} 0-100000 gauge 1`, `{__name__="g"} 0-130000 gauge 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" || stats.Zeros != 2 || stats.Samples != 9 {
		t.Errorf("%s\n%+v", diff, stats)
	}
	got, stats, err = read(t, Options{Format: Lines, Idle: 240 * time.Hour}, text("f", "a:1|c|T100\na:1|c|T100000\n"))
	if err != nil || len(got) != 9991 || stats.Zeros != 9989 {
		t.Errorf("%v, %d samples in blocks, %+v", err, len(got), stats)
	}
}
