package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"plimsoll/internal/app"
	"plimsoll/internal/metric"
	"plimsoll/internal/remote"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore"
)

const pastHours = 60

// withPast is a data directory with sixty hours of a gauge that has a gap, a
// counter whose source began anew now and then, and a timing; and the total.
func withPast(t *testing.T) (dir string, total float64) {
	t.Helper()
	c := rrdstore.Default()
	c.Dir = t.TempDir()
	now := time.Now().Truncate(time.Minute)
	c.Now = func() time.Time { return now }
	s, err := rrdstore.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	const step = 30
	began, raw := now.Add(-pastHours*time.Hour), 0.0
	for i := range int64(pastHours * 3600 / step) {
		at := now.Add(-pastHours*time.Hour + time.Duration(i+1)*step*time.Second)
		if i%1000 == 999 {
			began, raw = at.Add(-step*time.Second), 0
		}
		raw += float64(i % 7)
		total += float64(i % 7)
		sk := new(sketch.Sketch)
		sk.Add(float64(i%10)/10, 1)
		batch := []metric.Sample{
			{Labels: labels.FromStrings(metric.NameLabel, "hits_total", "host", "a"), Kind: metric.Counter, At: at.UnixMilli(), Start: began.UnixMilli(), Value: raw},
			{Labels: labels.FromStrings(metric.NameLabel, "t_seconds", "host", "a"), Kind: metric.Timing, At: at.UnixMilli(), Start: at.UnixMilli() - step*1000, Sketch: sk},
		}
		if i < 100 || i > 500 {
			batch = append(batch, metric.Sample{Labels: labels.FromStrings(metric.NameLabel, "load", "host", `q"é`), At: at.UnixMilli(), Value: math.Sin(float64(i))})
		}
		if err := s.Put(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if i%500 == 0 {
			if err := s.FlushAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(s.FlushAll(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	return c.Dir, total
}

// past are the points of each series in lines of JSON, by the series.
func past(t *testing.T, r io.Reader) map[string][]metric.Point {
	t.Helper()
	out := map[string][]metric.Point{}
	for lines := json.NewDecoder(r); ; {
		var s app.HistorySeries
		if err := lines.Decode(&s); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		name := labels.FromMap(s.Metric).String()
		for i, v := range s.Values {
			out[name] = append(out[name], metric.Point{At: s.Timestamps[i], Value: float64(v)})
		}
	}
}

// Coarse to fine, each series goes forward without a doubled instant, with gaps
// as long as its coarsest rows at most; a counter never falls, and ends with all
// that was counted.
func TestExportOfAllResolutions(t *testing.T) {
	dir, total := withPast(t)
	out, errs, code := cli("export", "-data", dir)
	if code != exitGood || !strings.Contains(errs, "13 series") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	all := past(t, strings.NewReader(out))
	if len(all) != 13 {
		t.Errorf("%d series", len(all))
	}
	for name, points := range all {
		gap, fine := int64(0), 0
		for i := 1; i < len(points); i++ {
			a, b := points[i-1], points[i]
			if b.At <= a.At {
				t.Fatalf("%s: %d after %d", name, b.At, a.At)
			}
			if strings.Contains(name, "_total") && b.Value < a.Value {
				t.Errorf("%s falls from %g to %g", name, a.Value, b.Value)
			}
			if !math.IsNaN(a.Value) {
				gap = max(gap, b.At-a.At)
			}
			if b.At-a.At <= 30_000 {
				fine++
			}
		}
		span := points[len(points)-1].At - points[0].At
		if gap > 11*60_000 && !strings.Contains(name, "load") || span < (pastHours-1)*3_600_000 || fine < 600 {
			t.Errorf("%s: %d points over %d s, gaps up to %d s, %d fine", name, len(points), span/1000, gap/1000, fine)
		}
	}
	hits := all[`{__name__="hits_total", host="a"}`]
	if last := hits[len(hits)-1].Value; last != total {
		t.Errorf("ends with %g, want %g", last, total)
	}
	if only, _, _ := cli("export", "-data", dir, `{__name__=~"t_seconds.*",quantile=""}`); len(past(t, strings.NewReader(only))) != 5 {
		t.Errorf("a selector gives %d bytes", len(only))
	}
}

// brittle is a target that fails once, after it took a part of the page.
type brittle struct {
	target
	puts, failAt int
}

func (b *brittle) put(ctx context.Context, page []app.HistorySeries) error {
	if b.puts++; b.puts == b.failAt {
		return errors.Join(errors.New("pulled the plug"), b.target.put(ctx, page[:len(page)/2]))
	}
	return b.target.put(ctx, page)
}

// Broken off at any page, an export goes on where it stood, and the file is as
// if nothing had happened.
func TestExportGoesOn(t *testing.T) {
	dir, _ := withPast(t)
	x := &exportFlags{file: filepath.Join(t.TempDir(), "whole")}
	x.data = dir
	e := env{t.Context(), io.Discard, io.Discard}
	from, err := x.open(e)
	if err != nil {
		t.Fatal(err)
	}
	defer from.close()
	from.limit = "5000" // several pages a slice
	plan := progress{}
	export := func(file, state string, failAt int) error {
		p, err := loadProgress(state, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Slices) == 0 {
			p.Slices, p.Series = plan.Slices, plan.Series // the same for all
		}
		x.file = file
		to, err := x.target(e, remote.Config{}, p.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		one := &exporter{env: e, from: from, to: &brittle{target: to, failAt: failAt}, state: state, progress: p}
		err = one.copyAll(t.Context())
		plan = one.progress
		return errors.Join(err, to.close())
	}
	whole := x.file
	if err := export(whole, "", 0); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole)
	if err != nil || len(want) == 0 {
		t.Fatal(err, len(want))
	}
	for failAt := 1; failAt <= 25; failAt += 6 {
		file, state := filepath.Join(t.TempDir(), "f"), filepath.Join(t.TempDir(), "s")
		if err := export(file, state, failAt); err == nil || !strings.Contains(err.Error(), "pulled the plug") {
			t.Fatalf("page %d: %v", failAt, err)
		}
		if err := export(file, state, 0); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("page %d: %v, %d bytes, want %d", failAt, err, len(got), len(want))
		}
	}
}

func TestHistoryIsAskedInTheWrongWay(t *testing.T) {
	x := &exportFlags{}
	x.data = stocked(t, false)
	from, err := x.open(env{t.Context(), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer from.close()
	none := func(any) error { return nil }
	for key, value := range map[string]string{"from": "x", "to": "1.5", "after": "up{", "limit": "0", "match": "up{"} {
		ask := url.Values{"to": {"5"}}
		ask.Set(key, value)
		if _, err := from.ask(t.Context(), ask, none); !errors.Is(err, metric.ErrBadQuery) || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
	failing := errors.New("no more room")
	if _, err := from.ask(t.Context(), url.Values{"to": {"99999999999999"}}, func(any) error { return failing }); !errors.Is(err, failing) {
		t.Error(err)
	}
}

// taker is an engine that keeps what it is sent.
type taker struct {
	mu  sync.Mutex // guards got
	got map[string][]metric.Point
}

func (k *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Prometheus-Remote-Write-Version") != "0.1.0" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	packed, _ := io.ReadAll(r.Body)
	body, err := snappy.Decode(nil, packed)
	var req prompb.WriteRequest
	if err = errors.Join(err, req.Unmarshal(body)); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	b := labels.NewScratchBuilder(0)
	for _, ts := range req.Timeseries {
		name := ts.ToLabels(&b, nil).String()
		for _, s := range ts.Samples {
			k.got[name] = append(k.got[name], metric.Point{At: s.Timestamp, Value: s.Value})
		}
	}
}

// exportedAgain are the points of another export by the plan of the first: what is
// read at which resolution depends on the minute.
func exportedAgain(t *testing.T, dir, state string) map[string][]metric.Point {
	t.Helper()
	p, err := loadProgress(state, "")
	if err != nil {
		t.Fatal(err)
	}
	p.Slice, p.After, p.Points = 0, "", 0
	file, again := filepath.Join(t.TempDir(), "lines"), filepath.Join(t.TempDir(), "again")
	b, err := json.Marshal(p)
	if err := errors.Join(err, os.WriteFile(again, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := cli("export", "-data", dir, "-o", file, "-state", again); code != exitGood {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return past(t, bytes.NewReader(lines))
}

// An engine gets each point, in the order of each series; and the service that
// follows goes on with the totals.
func TestExportToAnEngineThatGoesOn(t *testing.T) {
	dir, total := withPast(t)
	k := &taker{got: map[string][]metric.Point{}}
	srv := httptest.NewServer(k)
	t.Cleanup(srv.Close)
	next := t.TempDir()
	state := filepath.Join(t.TempDir(), "state")
	out, errs, code := cli("export", "-data", dir, "-write", srv.URL, "-totals", next, "-state", state)
	if code != exitGood || out != "" || !strings.Contains(errs, "totals of 2 counters and timings are in "+next) {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	want := exportedAgain(t, dir, state)
	for name, points := range want {
		for i := range points {
			if math.IsNaN(points[i].Value) {
				points[i].Value = math.NaN() // one marker is like the other here
			}
		}
		if diff := cmp.Diff(len(points), len(k.got[name])); diff != "" {
			t.Errorf("%s: %s", name, diff)
			continue
		}
		for i, p := range points {
			if got := k.got[name][i]; got.At != p.At || got.Value != p.Value && !math.IsNaN(p.Value) {
				t.Fatalf("%s: %v, want %v", name, got, p)
			}
		}
	}
	c := remote.Default()
	c.Dir, c.Write, c.Read, c.Now = next, srv.URL, srv.URL, time.Now
	s, err := remote.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // ends below
	one := metric.Sample{Labels: labels.FromStrings(metric.NameLabel, "hits_total", "host", "a"), Kind: metric.Counter, At: time.Now().UnixMilli(), Start: time.Now().UnixMilli() - 5, Value: 11}
	if err := errors.Join(s.Put(t.Context(), []metric.Sample{one}), s.FlushAll(t.Context())); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := k.got[one.Labels.String()]; got[len(got)-1].Value != total+11 {
		t.Errorf("goes on with %v, want %g", got[len(got)-1], total+11)
	}
}

// A Prometheus that takes old samples gets all, which -verify counts; one that
// does not is an error that says so.
func TestExportToPrometheus(t *testing.T) {
	dir, _ := withPast(t)
	address := launchPrometheus(t, "storage: {tsdb: {out_of_order_time_window: 30d}}\n")
	_, errs, code := cli("export", "-data", dir, "-write", address, "-read", address, "-verify")
	if code != exitGood || !strings.Contains(errs, "the engine has ") {
		t.Errorf("exit %d: %s", code, errs)
	}
	// Again, it does no harm.
	if _, errs, code := cli("export", "-data", dir, "-write", address, "-read", address, "-verify", "load"); code != exitGood {
		t.Errorf("exit %d: %s", code, errs)
	}
	address = launchPrometheus(t, "{}\n")
	if _, errs, code := cli("export", "-data", dir, "-write", address); code != exitFailed || !strings.Contains(errs, "the engine refuses samples for good: http 400: out of") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func launchPrometheus(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	launch(t, "http://"+address+"/-/ready", "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=1y")
	return "http://" + address
}

// launch starts a program, which is killed at the end, and waits until url answers.
func launch(t *testing.T, url, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StderrPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the program
		for lines := bufio.NewScanner(out); lines.Scan(); {
			continue
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("%s does not answer at %s", name, url)
}

func TestExportIsAskedInTheWrongWay(t *testing.T) {
	url := answering(t, map[string]string{
		storagePath + "history?match=":      `{"error":"no disk"}` + "\n",
		storagePath + "history?match=up%7B": `{"error":"selector"}` + "\n",
	})
	for args, want := range map[string]string{
		"a b":                           "2 plimsoll export: one selector wanted, 2 given (quote it)",
		"-rate -1":                      "2 plimsoll export: -rate -1 is negative",
		"-verify":                       "2 plimsoll export: -verify needs an engine with -read",
		"-verify -write http://h":       "2 plimsoll export: -verify needs an engine with -read",
		"-write h":                      "2 plimsoll export: storage.write: \"h\" is not of the form",
		"-write http://h -o f":          "2 plimsoll export: -o f and an engine: one of them",
		"-state s":                      "2 plimsoll export: -state needs an engine or a file",
		"":                              "1 plimsoll export: no disk",
		"up{":                           "1 plimsoll export: selector",
		"-data /nonsense":               "1 plimsoll export: open /nonsense: there are no archives",
		"-state /dev/zero/x -o /dev/nx": "1 plimsoll export: read -state /dev/zero/x",
	} {
		if _, errs, code := cli(append([]string{"export", "-server", url}, strings.Fields(args)...)...); !strings.HasPrefix(fmt.Sprint(code, " ", errs), want) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}
