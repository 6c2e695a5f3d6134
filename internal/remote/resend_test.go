package remote

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// forgetful makes the engine lose what it took from the n-th sample on, and break
// all connections, as a vminsert that is killed.
func (e *engine) forgetful(n int) {
	e.mu.Lock()
	e.got = e.got[:n]
	e.mu.Unlock()
	e.CloseClientConnections()
}

// steered is a clock that a test sets.
func steered(c *Config) (ahead func(time.Duration)) {
	var by atomic.Int64
	begin := c.Now()
	c.Now = func() time.Time { return begin.Add(time.Duration(by.Load())) }
	return func(d time.Duration) { by.Add(int64(d)) }
}

// waitForSamples returns when the engine has each sample at least once.
func waitForSamples(t *testing.T, e *engine, samples ...metric.Sample) {
	t.Helper()
	missing := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		got := e.samples()
		missing = ""
		for _, s := range samples {
			if count(got, text(s.Labels, s.Value, s.At)) == 0 {
				missing = text(s.Labels, s.Value, s.At)
			}
		}
		if missing == "" {
			return
		}
	}
	t.Fatalf("%s never came", missing)
}

// What an engine answered and had in memory only when it died comes again,
// though nothing is put meanwhile; what it had for long does not.
func TestKilledEngineGetsItsLastMomentsAgain(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.Flavour = VictoriaMetrics
	ahead := steered(&c)
	r := start(t, c)
	old := gauge("old", 10_000, 1)
	r.put(old)
	r.flush()
	ahead(c.Resend)
	var lost []metric.Sample
	for i := range int64(3) {
		lost = append(lost, gauge(fmt.Sprint("g", i), 20_000, float64(i)))
		r.put(lost[i])
		r.flush()
	}
	e.forgetful(1)
	waitForSamples(t, e, lost...)
	if got := e.samples(); count(got, text(old.Labels, old.Value, old.At)) != 1 {
		t.Errorf("what was settled came again: %q", got)
	}
	// It dies again, before all is settled, and the service with it.
	e.forgetful(1)
	r.stop()
	start(t, c)
	waitForSamples(t, e, lost...)
}

// An engine that says that it closes a connection has lost nothing.
func TestConnectionsThatCloseInOrder(t *testing.T) {
	e := newEngine(t)
	closing := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Connection", "close")
		e.ServeHTTP(w, req)
	})
	e.Config.Handler = closing
	c := testConfig(t.TempDir(), e)
	c.Flavour = VictoriaMetrics
	r := start(t, c)
	for i := range int64(20) {
		s := gauge("g", (i+1)*10_000, 1)
		r.put(s)
		r.flush()
	}
	if got := e.samples(); len(got) != 20 || r.lost.Load() {
		t.Errorf("%d samples came, want 20; lost %v", len(got), r.lost.Load())
	}
}

// Prometheus has what it answered.
func TestWhatPrometheusAnsweredIsSettled(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	var ms atomic.Int64
	c.Now = func() time.Time { return metric.Time(epoch + ms.Add(1)) }
	r := start(t, c)
	r.put(gauge("g", 10_000, 1))
	r.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cursor.next != r.sent || r.tail.bytes != 0 {
		t.Errorf("cursor at %d of %d, %d bytes held", r.cursor.next, r.sent, r.tail.bytes)
	}
}

// One that breaks every connection is sent no sample more often than bounded,
// and the journal does not grow for ever.
func TestConnectionsThatAlwaysBreak(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.Flavour = VictoriaMetrics
	ahead := steered(&c)
	r := start(t, c)
	const n = 60
	for i := range int64(n) {
		r.put(gauge("g", (i+1)*10_000, float64(i)))
		r.flush()
		e.CloseClientConnections()
		ahead(c.Resend / 2)
	}
	r.put(gauge("g", (n+1)*10_000, 0))
	r.flush()
	most := 0
	for i := range int64(n) {
		most = max(most, count(e.samples(), fmt.Sprintf(`{__name__="g"} %d @%d`, i, (i+1)*10_000)))
	}
	r.mu.Lock()
	behind := r.sent - r.cursor.next
	r.mu.Unlock()
	if most > 2*maxResends+1 || behind > 4*maxResends {
		t.Errorf("a sample came %d times; %d records are not settled", most, behind)
	}
}
