package remote

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// present asks for the present values.
func present(t *testing.T, r *Reader, expr string, at int64) (map[string]float64, []string, error) {
	t.Helper()
	c := query.Default()
	res, err := query.New(r, c).Query(t.Context(), metric.Query{Expr: expr, End: metric.Time(epoch + at)})
	out := map[string]float64{}
	for _, s := range res.Series {
		out[s.Labels.String()] = s.Points[0].Value
	}
	return out, res.Warnings, err
}

func readerOf(t *testing.T, c Config, s *Sink) *Reader {
	t.Helper()
	r, err := NewReader(c, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What was put is read at once, though the engine takes nothing and answers
// nothing: present values, also of series it was told of before, with a warning.
func TestPresentValuesWhileTheEngineIsAway(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.Now, c.DrainTimeout = func() time.Time { return metric.Time(epoch) }, time.Millisecond
	r := start(t, c)
	r.put(gauge("slow", 20_000, 7), counter("c_total", 20_000, 5_000, 3), timed(20_000, 1, 3))
	r.flush()
	e.Close()
	r.put(gauge("g", 60_000, 1), counter("c_total", 60_000, 50_000, 4))
	reader := readerOf(t, c, r.Sink)
	for expr, want := range map[string]map[string]float64{
		"g":                             {`{__name__="g"}`: 1},
		"slow":                          {`{__name__="slow"}`: 7},
		"c_total":                       {`{__name__="c_total"}`: 7},
		`t_seconds{quantile="0.99"}`:    {`{__name__="t_seconds", quantile="0.99"}`: 3},
		"t_seconds_count":               {`{__name__="t_seconds_count"}`: 2},
		`{__name__=~"slow|t_.*_min"}`:   {`{__name__="slow"}`: 7, `{__name__="t_seconds_min"}`: 1},
		"absent(g)":                     {},
		`absent(nothing{a="b"})`:        {`{a="b"}`: 1},
		"sum(slow) + on() sum(c_total)": {`{}`: 14},
	} {
		got, warnings, err := present(t, reader, expr, 65_000)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || len(warnings) == 0 || !strings.Contains(warnings[0], "ask the engine") {
			t.Errorf("%s: %v, warnings %q\n%s", expr, err, warnings, diff)
		}
	}
	for _, expr := range []string{"rate(c_total[1m])", "g offset 30s", "max_over_time(g[1m])"} {
		if got, _, err := present(t, reader, expr, 65_000); err == nil {
			t.Errorf("%s: %v of an engine that is away", expr, got)
		}
	}
	// All of the last thirty seconds waits here.
	if got, warnings, err := present(t, reader, "count_over_time(c_total[30s])", 65_000); err != nil || got["{}"] != 2 || len(warnings) == 0 {
		t.Errorf("%v %q %v", got, warnings, err)
	}
}

// A value is seen once, whoever has it, and the sum of names is of both.
func TestTailIsMergedWithWhatTheEngineHas(t *testing.T) {
	has := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case strings.HasSuffix(req.URL.Path, "/export"):
			fmt.Fprintf(w, `{"metric":{"__name__":"g"},"values":[1,2],"timestamps":[%d,%d]}`, epoch+10_000, epoch+20_000)
		case strings.HasSuffix(req.URL.Path, "/series"):
			fmt.Fprint(w, `{"data":[{"__name__":"g"},{"__name__":"other"}]}`)
		case strings.HasSuffix(req.URL.Path, "/write"):
			http.Error(w, "not now", http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, `{"data":["g","other"]}`)
		}
	}))
	t.Cleanup(has.Close)
	c := testConfig(t.TempDir(), nil)
	c.Write, c.Read, c.Flavour, c.DrainTimeout = has.URL+"/write", has.URL, VictoriaMetrics, time.Millisecond
	r := start(t, c)
	r.put(gauge("g", 20_000, 2))
	r.put(gauge("g", 30_000, 3), gauge("new", 30_000, 1))
	e := query.New(readerOf(t, c, r.Sink), query.Default())
	res, err := e.Query(t.Context(), metric.Query{Expr: "g", Start: metric.Time(epoch + 10_000), End: metric.Time(epoch + 30_000), Step: 10 * time.Second})
	if err != nil || len(res.Warnings) > 0 || fmt.Sprint(res.Series) != fmt.Sprintf("[{{__name__=\"g\"} [{%d 1} {%d 2} {%d 3}]}]", epoch+10_000, epoch+20_000, epoch+30_000) {
		t.Errorf("%v %v", res, err)
	}
	sel := metric.Selection{Start: metric.Time(epoch), End: metric.Time(epoch + 60_000)}
	names, err := e.LabelValues(t.Context(), metric.NameLabel, sel)
	series, seriesErr := e.Series(t.Context(), sel)
	if diff := cmp.Diff([]string{"g", "new", "other"}, names); diff != "" || len(series) != 3 || err != nil || seriesErr != nil {
		t.Errorf("%v %v %v\n%s", series, err, seriesErr, diff)
	}
}

// The tail stays below its limit; beyond it present values are still known, and
// what left it is not taken for what never was.
func TestTailIsBounded(t *testing.T) {
	e := newEngine(t)
	e.answers(always(503))
	c := testConfig(t.TempDir(), e)
	c.MaxTailBytes, c.DrainTimeout = 100*heldBytes, time.Millisecond
	c.Now = func() time.Time { return metric.Time(epoch) }
	r := start(t, c)
	r.put(gauge("once", 1_000, 5))
	for i := range int64(500) {
		r.put(gauge("g", 1_001+i*1_000, float64(i)))
		r.mu.Lock()
		held, points := r.tail.bytes, len(r.series.find(named("g")).recent)
		r.mu.Unlock()
		if held > c.MaxTailBytes || int64(points)*heldBytes > held {
			t.Fatalf("%d bytes are held, of %d points", held, points)
		}
	}
	c.Read = "http://127.0.0.1:1"
	reader := readerOf(t, c, r.Sink)
	got, _, err := present(t, reader, `{__name__=~"g|once"}`, 500_000)
	if diff := cmp.Diff(map[string]float64{`{__name__="g"}`: 498}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, _, err := present(t, reader, "once", 200_000); err != nil || got[`{__name__="once"}`] != 5 {
		t.Errorf("%v %v", got, err)
	}
	if got, _, err := present(t, reader, "g", 300_000); err == nil {
		t.Errorf("what left the tail was %v", got)
	}
}

// A restart while the engine is away: what waits is seen, and what was sent
// before is not said to be absent.
func TestTailAfterARestart(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.DrainTimeout = time.Millisecond
	ahead := steered(&c)
	r := start(t, c)
	r.put(gauge("sent", 3_600_000, 1))
	r.flush()
	e.answers(always(503))
	r.put(gauge("waits", 3_600_000, 2))
	r.stop()
	ahead(time.Minute)
	r = start(t, c)
	c.Read = "http://127.0.0.1:1"
	reader := readerOf(t, c, r.Sink)
	if got, _, err := present(t, reader, "sent or waits", 3_660_000); err == nil {
		t.Errorf("%v, right after a restart", got)
	}
	r.put(gauge("waits", 3_970_000, 3))
	got, _, err := present(t, reader, "waits", 3_970_000)
	if diff := cmp.Diff(map[string]float64{`{__name__="waits"}`: 3}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Whoever puts, asks and looks on at the same time: each sample that was
// acknowledged is seen at once, and the engine gets each series in order.
func TestManyAtOnce(t *testing.T) {
	e := newEngine(t)
	n := 0
	e.answers(func([]string) (int, string) {
		if n++; n%7 == 0 {
			return 503, ""
		}
		return http.StatusNoContent, ""
	})
	c := testConfig(t.TempDir(), e)
	c.MaxSamplesPerSend, c.MaxSends, c.Flavour = 10, 4, VictoriaMetrics
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	c.Read = away.URL
	r := start(t, c)
	reader := readerOf(t, c, r.Sink)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range int64(100) {
				name := fmt.Sprint("g", w)
				batch := []metric.Sample{gauge(name, 3_900_000+i*10, float64(i))}
				for k := range 10 {
					batch = append(batch, gauge(fmt.Sprint(name, "_", k), 3_900_000+i*10, 1))
				}
				if err := r.Put(t.Context(), batch); err != nil {
					t.Error(err)
				}
				if got, _, err := present(t, reader, name, 3_960_000); err != nil || got[fmt.Sprintf(`{__name__=%q}`, name)] != float64(i) {
					t.Errorf("%s: %v %v, want %d", name, got, err, i)
				}
				_ = r.Stats()
				r.sweep(c.Now())
			}
		})
	}
	wg.Wait()
	r.flush()
	got := e.samples()
	inOrder(t, got)
	if len(got) != 4*100*11 {
		t.Errorf("%d samples came", len(got))
	}
}

// TestMemoryOfACounter is what a counter takes that is settled.
func TestMemoryOfACounter(t *testing.T) {
	const n = 50_000
	c := testConfig(t.TempDir(), newEngine(t))
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		one := metric.Sample{Labels: named("page_view_total", "instance", fmt.Sprintf("web%05d", i)), Kind: metric.Counter, At: epoch, Value: 1}
		if err := s.Put(t.Context(), []metric.Sample{one}); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Lock()
	s.tail.drop(s.seq + 1)
	s.tail.clean(s.series)
	s.mu.Unlock()
	if each := (heap() - before) / n; each > 300 {
		t.Errorf("a counter takes %d bytes", each)
	} else {
		t.Logf("a counter takes %d bytes", each)
	}
}

func TestTooManyPointsInTheTail(t *testing.T) {
	e := newEngine(t)
	e.answers(always(503))
	c := testConfig(t.TempDir(), e)
	c.MaxReadSamples, c.DrainTimeout = 5, time.Millisecond
	r := start(t, c)
	for i := range int64(10) {
		r.put(gauge("g", (i+1)*1_000, 1))
	}
	if _, _, err := present(t, readerOf(t, c, r.Sink), "count_over_time(g[1m])", 20_000); !errors.Is(err, metric.ErrTooMuch) {
		t.Error(err)
	}
}
