package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

const epoch = int64(1_700_006_400_000)

// engine is a receiver of remote write that keeps what it got.
type engine struct {
	*httptest.Server
	versions []string // it knows; empty: 1.0 only

	mu         sync.Mutex // guards what follows
	answer     func(samples []string) (status int, retryAfter string)
	got        []string // accepted, in order: labels, value, instant
	histograms int
	requests   int
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	e := &engine{}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

// answers makes each request be answered by f, which nil takes back.
func (e *engine) answers(f func(samples []string) (int, string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = f
}

func always(status int) func([]string) (int, string) {
	return func([]string) (int, string) { return status, "" }
}

// ServeHTTP implements http.Handler.
func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	packed, _ := io.ReadAll(r.Body)
	body, err := snappy.Decode(nil, packed)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests++
	v2 := r.Header.Get("X-Prometheus-Remote-Write-Version") == "2.0.0"
	if v2 && len(e.versions) == 0 {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	samples, histograms, err := decodeWrite(body, v2)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if e.answer != nil {
		if status, after := e.answer(samples); status != http.StatusNoContent {
			if after != "" {
				w.Header().Set("Retry-After", after)
			}
			http.Error(w, "the engine says no\nand more", status)
			return
		}
	}
	e.got = append(e.got, samples...)
	e.histograms += histograms
	if v2 {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", fmt.Sprint(len(samples)))
	}
	w.WriteHeader(http.StatusNoContent)
}

func decodeWrite(body []byte, v2 bool) (samples []string, histograms int, err error) {
	add := func(l labels.Labels, v float64, at int64) { samples = append(samples, text(l, v, at)) }
	if v2 {
		var req writev2.Request
		if err := req.Unmarshal(body); err != nil {
			return nil, 0, err
		}
		b := labels.NewScratchBuilder(0)
		for _, ts := range req.Timeseries {
			l, err := ts.ToLabels(&b, req.Symbols)
			if err != nil {
				return nil, 0, err
			}
			histograms += len(ts.Histograms)
			for _, s := range ts.Samples {
				add(l, s.Value, s.Timestamp)
			}
		}
		return samples, histograms, nil
	}
	var req prompb.WriteRequest
	if err := req.Unmarshal(body); err != nil {
		return nil, 0, err
	}
	b := labels.NewScratchBuilder(0)
	for _, ts := range req.Timeseries {
		for _, s := range ts.Samples {
			add(ts.ToLabels(&b, nil), s.Value, s.Timestamp)
		}
	}
	return samples, 0, nil
}

func text(l labels.Labels, v float64, at int64) string {
	return fmt.Sprintf("%s %g @%d", l, v, at-epoch)
}

// samples returns what the engine has, in order.
func (e *engine) samples() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.got...)
}

func testConfig(dir string, e *engine) Config {
	c := Default()
	c.Dir = dir
	c.MinBackoff, c.MaxBackoff = time.Millisecond, 2*time.Millisecond
	c.Now = func() time.Time { return metric.Time(epoch + 3_600_000) }
	c.fs = durabletest.New(durabletest.Fail, 0) // syncs nothing: tests crash no machine
	c.Write, c.Read = "http://127.0.0.1:1", "http://127.0.0.1:1"
	if e != nil {
		c.Write, c.Read = e.URL, e.URL
	}
	return c
}

// running is a Sink whose Run goes on until stop.
type running struct {
	*testing.T
	*Sink
	cancel context.CancelFunc
	ended  chan error
}

func start(t *testing.T, c Config) *running {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{T: t, Sink: s, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(ctx) }() // stop waits for it
	t.Cleanup(r.stop)
	return r
}

func (r *running) stop() {
	r.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	if err := errors.Join(<-r.ended, r.Close()); err != nil {
		r.Error(err)
	}
}

func (r *running) put(samples ...metric.Sample) {
	r.Helper()
	if err := r.Put(context.Background(), samples); err != nil {
		r.Fatal(err)
	}
}

// flush waits until the engine has all.
func (r *running) flush() {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.FlushAll(ctx); err != nil {
		r.Fatal(err)
	}
}

func named(name string, pairs ...string) labels.Labels {
	return labels.FromStrings(append([]string{metric.NameLabel, name}, pairs...)...)
}

func gauge(name string, at int64, v float64) metric.Sample {
	return metric.Sample{Labels: named(name), At: epoch + at, Value: v}
}

func counter(name string, at, start int64, v float64) metric.Sample {
	return metric.Sample{Labels: named(name), Kind: metric.Counter, At: epoch + at, Start: epoch + start, Value: v}
}

func timed(at int64, values ...float64) metric.Sample {
	sk := new(sketch.Sketch)
	for _, v := range values {
		sk.Add(v, 1)
	}
	return metric.Sample{Labels: named("t_seconds"), Kind: metric.Timing, At: epoch + at, Start: epoch + at - 10_000, Sketch: sk}
}
