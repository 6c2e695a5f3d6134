package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/bench/process"
	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// What is asked of: the last minutes of many series, and a day of some.
const (
	wideSeries, widePoints = 10_000, 30
	daySeries, dayPoints   = 100, 8640
	asked                  = 15 // times, each question
)

// questions are asked of both through Prometheus' API; those with a step for a day.
func questions() []question {
	return []question{
		{"instant", "bench_wide", 0, wideSeries},
		{"instant", "sum(bench_wide)", 0, 1},
		{"instant", `count(bench_wide{instance=~"host0.*"} > 20)`, 0, 1},
		{"range", "bench_day", time.Minute, daySeries},
		{"range", "sum(bench_day)", time.Minute, 1},
		{"range", "avg_over_time(bench_day[5m])", 5 * time.Minute, daySeries},
	}
}

type question struct {
	kind, expr string
	step       time.Duration
	series     int // of the answer
}

// query asks the service and Prometheus the same of the same data.
func (b *bench) query(ctx context.Context) error {
	heading("query", fmt.Sprintf("instant over %d series, range of a day x %d series, through HTTP, medians of %d", wideSeries, daySeries, asked))
	dir, err := os.MkdirTemp(b.dir, "query-")
	if err != nil {
		return err
	}
	defer b.remove(dir)
	now := time.Now().Truncate(step)
	prometheus, url, err := startPrometheus(dir)
	if err != nil {
		return err
	}
	defer prometheus.Stop(stopTime)
	// Filled with updates at every turn; asked as it is by default.
	ours, ourURL, err := startServe(dir, "storage: {flush_interval: 2s}\n")
	if err != nil {
		return err
	}
	err = fill(ctx, now, url, ourURL)
	if err == nil { // an end does not wait for 10,000 archives to be made
		err = post(ctx, ourURL+"/api/plimsoll/v1/flush", nil)
	}
	ours.Stop(stopTime)
	if err != nil {
		return err
	}
	if ours, ourURL, err = startServe(dir, ""); err != nil {
		return err
	}
	defer ours.Stop(stopTime)
	fmt.Println("| | question | step | ours, ms | Prometheus, ms | ratio |\n|---|---|---|---|---|---|")
	for _, q := range questions() {
		if err := b.ask(ctx, q, now, ourURL, url); err != nil {
			return err
		}
	}
	return nil
}

// ask puts one question to both in turn and prints the medians.
func (b *bench) ask(ctx context.Context, q question, now time.Time, ours, theirs string) error {
	var a, p []float64
	for n := range asked + 1 {
		for to, times := range map[string]*[]float64{ours: &a, theirs: &p} {
			took, err := q.ask(ctx, to, now)
			if err != nil {
				return fmt.Errorf("%s: %w", q.expr, err)
			}
			if n > 0 { // the first only warms
				*times = append(*times, took.Seconds()*1e3)
			}
		}
	}
	mine, his := spreadOf(a), spreadOf(p)
	b.queries[q.kind] = max(b.queries[q.kind], mine.median)
	every := "–"
	if q.step > 0 {
		every = q.step.String()
	}
	fmt.Printf("| %s | `%s` | %s | %s | %s | %.2f |\n", q.kind, q.expr, every, mine.print(1), his.print(1), mine.median/his.median)
	return nil
}

// ask returns how long it took until the whole answer was there.
func (q question) ask(ctx context.Context, base string, now time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	values := url.Values{"query": {q.expr}, "time": {strconv.FormatInt(now.Unix(), 10)}}
	path := "/api/v1/query?"
	if q.step > 0 {
		path = "/api/v1/query_range?"
		values.Set("start", strconv.FormatInt(now.Add(-24*time.Hour).Unix(), 10))
		values.Set("end", strconv.FormatInt(now.Unix(), 10))
		values.Set("step", strconv.FormatInt(int64(q.step.Seconds()), 10))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path+values.Encode(), http.NoBody)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Status string
		Data   struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Status != "success" || len(answer.Data.Result) != q.series {
		return 0, fmt.Errorf("%s gave %d series, %q, want %d: %w", base, len(answer.Data.Result), answer.Status, q.series, errors.Join(err))
	}
	return took, nil
}

// fill sends the same samples to both by remote write, in the order of time.
func fill(ctx context.Context, now time.Time, urls ...string) error {
	send := func(samples []metric.Sample) error {
		m := snappy.Encode(nil, remotewrite.EncodeV1(samples))
		for _, u := range urls {
			if err := post(ctx, u+"/api/v1/write", m); err != nil {
				return err
			}
		}
		return nil
	}
	var batch []metric.Sample
	for n := range dayPoints {
		at := now.Add(-time.Duration(dayPoints-1-n) * step)
		batch = appendSamples(batch, "bench_day", daySeries, n, at)
		if n >= dayPoints-widePoints {
			batch = appendSamples(batch, "bench_wide", wideSeries, n, at)
		}
		if len(batch) < 5000 && n < dayPoints-1 {
			continue
		}
		for part := range slices.Chunk(batch, 5000) {
			if err := send(part); err != nil {
				return err
			}
		}
		batch = batch[:0]
	}
	return nil
}

func appendSamples(batch []metric.Sample, name string, series, n int, at time.Time) []metric.Sample {
	for i := range series {
		batch = append(batch, metric.Sample{
			Labels: labels.FromStrings(metric.NameLabel, name, "instance", instanceOf(i), "job", "node"),
			Kind:   metric.Gauge, At: at.UnixMilli(), Value: valueOf(i, n),
		})
	}
	return batch
}

func post(ctx context.Context, to string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 500))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s: %s", to, resp.Status, said)
	}
	return err
}

func startPrometheus(dir string) (*process.Child, string, error) {
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("{}\n"), 0o600); err != nil {
		return nil, "", err
	}
	at, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "prometheus"),
		"--web.listen-address="+at, "--web.enable-remote-write-receiver")
	c, err := launchHTTP(cmd, dir, "http://"+at+"/-/ready")
	return c, "http://" + at, err
}

// startServe runs the whole service, without the agent for this host.
func startServe(dir, more string) (*process.Child, string, error) {
	config := filepath.Join(dir, "plimsoll.yml")
	if err := os.WriteFile(config, []byte("agent: {enabled: false}\n"+more), 0o600); err != nil {
		return nil, "", err
	}
	at, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	udp, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command("bin/plimsoll", "serve", "-config", config, "-data", filepath.Join(dir, "plimsoll"), "-http", at, "-udp", udp)
	c, err := launchHTTP(cmd, dir, "http://"+at+"/readyz")
	return c, "http://" + at, err
}

// launchHTTP starts cmd and waits until a page of it is there.
func launchHTTP(cmd *exec.Cmd, dir, page string) (*process.Child, error) {
	c, err := process.Start(cmd, dir)
	if err != nil {
		return nil, err
	}
	for begin := time.Now(); time.Since(begin) < time.Minute && c.Alive(); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(page)
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return c, nil
		}
	}
	c.Stop(stopTime)
	return nil, fmt.Errorf("%s does not answer: %s", filepath.Base(cmd.Path), c.Said())
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
