package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents/remote"
	"plimsoll/agents/spool"
	"plimsoll/collector"
	"plimsoll/internal/metric"
)

// keeper is a store: it takes each series in the order of time only.
type keeper struct {
	mu   sync.Mutex // guards what follows
	last map[string]int64
	has  map[string]int // by series and instant
}

func (k *keeper) Put(_ context.Context, samples []metric.Sample) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var refused *metric.RefusedError
	for _, s := range samples {
		series := s.Labels.String()
		switch last := k.last[series]; {
		case s.At == last:
			refused = refused.Refuse(s, "duplicate")
		case s.At < last:
			refused = refused.Refuse(s, "late")
		default:
			k.last[series] = s.At
			k.has[fmt.Sprint(series, s.At)]++
		}
	}
	return refused.OrNil()
}

// faulty is a collector that fails in all ways in which one can.
type faulty struct {
	*httptest.Server
	keeper
	mode    atomic.Int32
	handler atomic.Pointer[http.Handler]
}

// The ways.
const (
	works = iota
	isAway
	refusesAll // before anything is taken
	storesAndHangsUp
	cutsAnswers
	failsAfter
	pageInPlace
	modes
)

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{keeper: keeper{last: map[string]int64{}, has: map[string]int{}}}
	f.restart(t)
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// restart begins a collector that knows of no stream.
func (f *faulty) restart(t *testing.T) {
	t.Helper()
	cfg := collector.Default()
	cfg.Sink, cfg.Dir = &f.keeper, t.TempDir()
	c, err := collector.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := c.Handler()
	f.handler.Store(&h)
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler := *f.handler.Load()
	switch f.mode.Load() {
	case works:
		handler.ServeHTTP(w, r)
	case isAway:
		panic(http.ErrAbortHandler)
	case refusesAll:
		http.Error(w, "busy", http.StatusServiceUnavailable)
	case storesAndHangsUp:
		handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case cutsAnswers:
		handler.ServeHTTP(httptest.NewRecorder(), r)
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("not all"))
	case failsAfter:
		handler.ServeHTTP(httptest.NewRecorder(), r)
		http.Error(w, "after all", http.StatusInternalServerError)
	case pageInPlace:
		_, _ = w.Write([]byte("<h1>We will be back</h1>"))
	}
}

// Two collectors fail in all ways, with fail-over in between, and the agent is
// killed again and again: what it kept is at one of them, or counted as refused,
// and at none twice.
func TestFailOverLosesNothing(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	pair := []*faulty{newFaulty(t), newFaulty(t)}
	a := &agentOfSpool{t: t, to: pair, dir: filepath.Join(t.TempDir(), "0")}
	a.begin()
	for range 400 {
		switch f := pair[r.IntN(2)]; r.IntN(12) {
		case 0:
			a.kill()
		case 1:
			f.restart(t)
		case 2, 3:
			f.mode.Store(int32(r.IntN(modes)))
		case 4:
			f.mode.Store(works)
		default:
			a.put(1 + r.IntN(30))
		}
		time.Sleep(time.Duration(r.IntN(4)) * time.Millisecond) // so that faults meet requests under way; any other pause is as right
	}
	for _, f := range pair {
		f.mode.Store(works)
	}
	a.drain()
	a.check()
}

// agentOfSpool is an agent that begins again where it was killed.
type agentOfSpool struct {
	t     *testing.T
	to    []*faulty
	dir   string
	n     int
	at    int64
	kept  []string
	spool *spool.Spool
	stop  func()
}

func (a *agentOfSpool) begin() {
	a.t.Helper()
	rc := remote.Default()
	rc.URLs = []string{a.to[0].URL, a.to[1].URL}
	rc.MinBackoff, rc.MaxBackoff, rc.Timeout, rc.Failures, rc.Probe = time.Millisecond, 3*time.Millisecond, time.Second, 2, time.Second
	next, err := remote.New(rc)
	if err != nil {
		a.t.Fatal(err)
	}
	sc := spool.Default()
	sc.Dir, sc.Next, sc.MaxBytes, sc.BatchSamples, sc.DrainTimeout, sc.Instance = a.dir, next, 8<<20, 50, 0, "web1"
	if a.spool, err = spool.Open(sc); err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(a.t.Context())
	done := make(chan error, 1)
	s := a.spool
	go func() { done <- s.Run(ctx) }()
	a.stop = func() {
		cancel()
		if err := <-done; err != nil {
			a.t.Error(err)
		}
		_ = s.Close()
	}
}

func (a *agentOfSpool) put(batches int) {
	a.t.Helper()
	for range batches {
		a.at += 1000
		var samples []metric.Sample
		for i := range 7 {
			l := labels.FromStrings("__name__", "m", "i", fmt.Sprint(i), "instance", "web1")
			samples = append(samples, metric.Sample{Labels: l, At: time.Now().Add(-24*time.Hour).Truncate(24*time.Hour).UnixMilli() + a.at, Value: 1})
		}
		if err := a.spool.Put(a.t.Context(), samples); err != nil {
			a.t.Fatal(err)
		}
		for _, s := range samples {
			a.kept = append(a.kept, fmt.Sprint(s.Labels.String(), s.At))
		}
	}
}

// kill goes on from the disk as it is in the midst of sending.
func (a *agentOfSpool) kill() {
	a.t.Helper()
	a.n++
	next := filepath.Join(filepath.Dir(a.dir), fmt.Sprint(a.n))
	for os.CopyFS(next, os.DirFS(a.dir)) != nil { // a file was replaced meanwhile
		if err := os.RemoveAll(next); err != nil {
			a.t.Fatal(err)
		}
	}
	a.stop()
	a.dir = next
	a.begin()
}

func (a *agentOfSpool) drain() {
	a.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); a.spool.Stats().Waiting > 0; <-tick.C {
		if time.Now().After(end) {
			a.t.Fatalf("not sent after a minute: %+v", a.spool.Stats())
		}
	}
	a.stop()
}

func (a *agentOfSpool) check() {
	a.t.Helper()
	missing := 0
	for _, key := range a.kept {
		if a.to[0].has[key]+a.to[1].has[key] == 0 {
			missing++
		}
	}
	for _, f := range a.to {
		for key, n := range f.has {
			if n > 1 {
				a.t.Errorf("%s is stored %d times", key, n)
			}
		}
	}
	st := a.spool.Stats()
	refused := 0
	for _, n := range st.Refused {
		refused += int(n)
	}
	if int(st.Put) != len(a.kept) || missing != refused+int(st.Dropped+st.Damaged) {
		a.t.Errorf("%d kept, %d missing: %+v", len(a.kept), missing, st)
	}
}
