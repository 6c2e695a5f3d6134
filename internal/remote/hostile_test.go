package remote

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/internal/wire"
)

// A full disk: nothing is acknowledged and no total moves; when there is room
// again all goes on.
func TestFullDiskMovesNoTotal(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	disk := durabletest.New(durabletest.Full, 0)
	c.fs = disk
	r := start(t, c)
	r.put(counter("c_total", 10_000, 5_000, 4), timed(10_000, 1))
	r.flush()
	disk.Break()
	for range 3 {
		if err := r.Put(t.Context(), []metric.Sample{counter("c_total", 20_000, 15_000, 5), timed(20_000, 1), gauge("new", 20_000, 1)}); err == nil {
			t.Error("acknowledged on a full disk")
		}
	}
	if r.Ready() == nil {
		t.Error("ready on a full disk")
	}
	disk.Heal()
	r.put(counter("c_total", 30_000, 25_000, 6), timed(30_000, 1))
	r.flush()
	got := e.samples()
	for _, want := range []string{`{__name__="c_total"} 10 @30000`, `{__name__="t_seconds_count"} 2 @30000`} {
		if count(got, want) != 1 {
			t.Errorf("no %s in %q", want, got)
		}
	}
	if r.Ready() != nil || r.Stats().Series != 2 {
		t.Errorf("%v %+v", r.Ready(), r.Stats())
	}
}

// A marker of silence goes to the engine as it is and ends no total; nor does a
// sender that calls a counter a gauge for once make one fall behind its value.
func TestMarkersAndKinds(t *testing.T) {
	e := newEngine(t)
	r := start(t, testConfig(t.TempDir(), e))
	stale := counter("c_total", 20_000, 0, math.Float64frombits(value.StaleNaN))
	r.put(counter("c_total", 10_000, 5_000, 4))
	r.put(stale)
	r.put(counter("c_total", 30_000, 25_000, 3))
	r.put(gauge("c_total", 40_000, 100))
	r.put(counter("c_total", 50_000, 0, 101))
	r.flush()
	want := []string{
		`{__name__="c_total"} 0 @5000`, `{__name__="c_total"} 4 @10000`, `{__name__="c_total"} NaN @20000`, `{__name__="c_total"} 4 @25000`,
		`{__name__="c_total"} 7 @30000`, `{__name__="c_total"} 100 @40000`, `{__name__="c_total"} 101 @50000`,
	}
	if diff := cmp.Diff(want, e.samples()); diff != "" {
		t.Error(diff)
	}
	r.stop()
	r = start(t, testConfig(r.cfg.Dir[:len(r.cfg.Dir)-len("/remote")], e))
	if st := r.series.find(named("c_total")); st == nil || st.Total != 101 {
		t.Errorf("after a restart %+v", st)
	}
}

// The start that goes along is that of the total, whatever the source tells later.
func TestStartIsThatOfTheTotal(t *testing.T) {
	var st state
	for i, s := range []metric.Sample{
		counter("c", 10_000, 5_000, 4), counter("c", 20_000, 15_000, 4), counter("c", 25_000, 0, math.NaN()), counter("c", 30_000, 29_000, 1),
	} {
		e := st.take(s)
		if out := e.expand(nil); out[len(out)-1].Start != epoch+5_000 {
			t.Errorf("sample %d: start %d", i, out[len(out)-1].Start-epoch)
		}
	}
}

// An engine that takes a request and says that it wrote less is not believed to
// have all.
func TestEngineThatWritesLess(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "3")
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(srv.Close)
	c := testConfig(t.TempDir(), nil)
	c.Write = srv.URL
	r := start(t, c)
	var batch []metric.Sample
	for i := range 5 {
		batch = append(batch, gauge(fmt.Sprint("g", i), 10_000, 1))
	}
	r.put(batch...)
	r.flush()
	if st := r.Stats(); st.EngineRefused != 2 {
		t.Errorf("%+v", st)
	}
}

// An engine that hangs for reads, and takes no samples, holds up no question of
// present values, not even when all places are taken.
func TestEngineThatHangs(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/write" {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		<-release
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	c := testConfig(t.TempDir(), nil)
	c.Write, c.Read, c.MaxReads, c.DrainTimeout = srv.URL+"/write", srv.URL, 1, time.Millisecond
	c.Now = func() time.Time { return metric.Time(epoch) }
	r := start(t, c)
	r.put(gauge("g", 10_000, 7))
	for end := time.Now().Add(time.Minute); !r.down.Load() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	reader := readerOf(t, c, r.Sink)
	if err := reader.enter(t.Context()); err != nil { // one that hangs
		t.Fatal(err)
	}
	began := time.Now()
	got, warnings, err := present(t, reader, "g", 20_000)
	if err != nil || got[`{__name__="g"}`] != 7 || len(warnings) == 0 || time.Since(began) > 3*awayTimeout {
		t.Errorf("%v %q %v after %s", got, warnings, err, time.Since(began))
	}
}

// A totals file of a version before, with timings only, is read.
func TestTotalsOfAnOlderVersion(t *testing.T) {
	c := testConfig(t.TempDir(), newEngine(t))
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	b := append([]byte{timingsVersion}, 9, 0, 0, 0, 0, 0, 0, 0)
	b = wire.AppendLabels(b, named("t_seconds"))
	b = append(b, 20) // 10 ms
	b = wire.AppendFloat(wire.AppendFloat(b, 5), 3)
	if err := s.saveFile("totals", b); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, c).Sink
	if err := s.FlushAll(t.Context()); err != nil { // though no record is there
		t.Fatal(err)
	}
	if sr := s.series.find(named("t_seconds")); sr == nil || sr.sum != 5 || sr.count != 3 || sr.last != 10 || s.seq != 9 {
		t.Errorf("%+v, record %d", sr, s.seq)
	}
}
