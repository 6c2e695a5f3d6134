package remote

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore"
)

// twoStores are an engine behind this package and round-robin archives that got
// the same samples.
type twoStores struct {
	begin, end      time.Time
	remote, archive *query.Engine
	archives        metric.Sink
	sink            *running
	reader          *Reader
	config          Config
}

const fillSteps = 120 // of ten seconds

// fill puts twenty minutes, up to five minutes ago, into both. Before each step
// it calls the functions given, with the step.
func fill(t *testing.T, c Config, meanwhile ...func(*twoStores, int)) *twoStores {
	t.Helper()
	now := time.Now().Truncate(10 * time.Second)
	two := &twoStores{begin: now.Add(-25 * time.Minute), end: now.Add(-5 * time.Minute), config: c}
	clock := func() time.Time { return now }
	c.Now = time.Now
	two.config = c
	a := rrdstore.Default()
	a.Dir, a.Now, a.Tiers = t.TempDir(), clock, []rrdstore.Tier{{Step: 10 * time.Second, Keep: 6 * time.Hour}}
	archives, err := rrdstore.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archives.Close() })
	two.archives = archives
	two.sink = start(t, c)
	if two.reader, err = NewReader(c, two.sink.Sink); err != nil {
		t.Fatal(err)
	}
	q := query.Default()
	q.Now = clock
	two.remote = query.New(two.reader, q)
	q.Resolution = archives.Resolution
	two.archive = query.New(archives, q)
	for i := range fillSteps {
		for _, do := range meanwhile {
			do(two, i)
		}
		batch := samplesAt(two.begin, i)
		if err := errors.Join(archives.Put(t.Context(), batch), two.sink.Put(t.Context(), batch)); err != nil {
			t.Fatal(err)
		}
	}
	return two
}

// samplesAt are those of step i: a counter of either of two hosts that was there
// before, one that begins at once and begins anew halfway, gauges and a timing.
func samplesAt(begin time.Time, i int) []metric.Sample {
	ms := begin.UnixMilli()
	at := ms + int64(i+1)*10_000
	sample := func(kind metric.Kind, start int64, v float64, pairs ...string) metric.Sample {
		return metric.Sample{Labels: labels.FromStrings(pairs...), Kind: kind, At: at, Start: start, Value: v}
	}
	began, raw := ms, float64(i+1)*7
	if i >= fillSteps/2 {
		began, raw = ms+fillSteps/2*10_000+2_000, float64(i+1-fillSteps/2)*5
	}
	sk := new(sketch.Sketch)
	for k := range 20 {
		sk.Add(float64((i*7+k*13)%100+1)/1000, 1)
	}
	return []metric.Sample{
		sample(metric.Counter, 0, 1e6+float64(i*i), "__name__", "hits_total", "host", "a", "job", "web"),
		sample(metric.Counter, 0, 500+float64(3*i), "__name__", "hits_total", "host", "b", "job", "web"),
		sample(metric.Counter, began, raw, "__name__", "anew_total", "job", "web"),
		sample(metric.Gauge, 0, math.Sin(float64(i)/9)*40, "__name__", "node_load1", "host", "a"),
		sample(metric.Gauge, 0, float64(i%2), "__name__", "up", "host", "b", "path", `q"\é`),
		{Labels: labels.FromStrings("__name__", "db_seconds", "host", "a"), Kind: metric.Timing, At: at, Start: at - 10_000, Sketch: sk},
	}
}

// asked are questions of rules and pages.
var asked = []string{
	`hits_total`, `anew_total`, `anew_total - anew_total offset 10m`, `up == 0`, `up{host=~"b|c"}`, `rate(hits_total[1m])`, `sum by (job) (rate(hits_total[2m]))`, `increase(hits_total[1m] anchored)`,
	`increase(anew_total[1m] anchored)`, `sum(increase(anew_total[20m] anchored))`, `node_load1 > 20`, `avg_over_time(node_load1[3m])`,
	`max_over_time(node_load1[5m])`, `min_over_time(node_load1[5m])`, `predict_linear(node_load1[10m], 3600)`, `node_load1 offset 5m`,
	`db_seconds{quantile="0.95"}`, `db_seconds`, `db_seconds_max - db_seconds_min`, `db_seconds_stddev`,
	`rate(db_seconds_sum[1m]) / rate(db_seconds_count[1m])`, `increase(db_seconds_count[20m] anchored)`, `absent(nothing)`, `absent(up)`,
	`topk(1, hits_total)`, `count by (__name__) ({__name__=~".+"})`, `histogram_quantile(0.9, nothing_bucket)`, `label_replace(up, "x", "$1", "host", "(.*)")`,
	`up{path="q\"\\é"}`, `{__name__=~"hits.*|up|node.*",host!~"a"}`, `{host=~".+",job=""}`,
}

// agree asks both the same.
func (two *twoStores) agree(t *testing.T) {
	t.Helper()
	questions := []metric.Query{}
	for _, expr := range asked {
		questions = append(questions, metric.Query{Expr: expr, End: two.end},
			metric.Query{Expr: expr, Start: two.begin.Add(10 * time.Second), End: two.end.Add(30 * time.Second), Step: 10 * time.Second})
	}
	for _, q := range questions {
		want, wantErr := two.archive.Query(t.Context(), q)
		got, err := two.remote.Query(t.Context(), q)
		if err != nil || wantErr != nil {
			t.Errorf("%s: %v, archives %v", q.Expr, err, wantErr)
			continue
		}
		if diff := cmp.Diff(want, got, likewise()); diff != "" {
			t.Errorf("%s with step %s (-archives +engine)\n%s", q.Expr, q.Step, diff)
		}
	}
}

// likewise says when answers are the same: floats but for the rounding, series in
// any order, as the engine gives them where no order is asked for.
func likewise() cmp.Options {
	return cmp.Options{cmpopts.EquateApprox(1e-9, 1e-9), cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmpopts.SortSlices(before), cmp.Comparer(labels.Equal)}
}

func before(a, b metric.Series) bool { return labels.Compare(a.Labels, b.Labels) < 0 }

// agreeOnNames compares look-ups.
func (two *twoStores) agreeOnNames(t *testing.T) {
	t.Helper()
	sel := metric.Selection{Start: two.begin, End: two.end}
	only := sel
	only.Sets = [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchRegexp, "__name__", "hits.*|up")}}
	for _, s := range []metric.Selection{sel, only} {
		for what, ask := range map[string]func(*query.Engine) (any, error){
			"names":  func(e *query.Engine) (any, error) { return e.LabelNames(t.Context(), s) },
			"values": func(e *query.Engine) (any, error) { return e.LabelValues(t.Context(), "host", s) },
			"series": func(e *query.Engine) (any, error) { return e.Series(t.Context(), s) },
		} {
			want, wantErr := ask(two.archive)
			got, err := ask(two.remote)
			if diff := cmp.Diff(want, got, likewise()); diff != "" || err != nil || wantErr != nil {
				t.Errorf("%s: %v %v\n%s", what, err, wantErr, diff)
			}
		}
	}
}

func TestPrometheusAnswersAsTheArchivesDo(t *testing.T) {
	url := launchPrometheus(t)
	c := Default()
	c.Dir, c.Write, c.Read = t.TempDir(), url, url
	two := fill(t, c)
	two.sink.flush()
	if st := two.sink.Stats(); st.EngineRefused != 0 {
		t.Fatalf("%+v", st)
	}
	two.agree(t)
	two.agreeOnNames(t)
	pushed := PushDown{Querier: two.remote, Reader: two.reader}
	for _, expr := range []string{`node_load1 * 2`, `increase(anew_total[1m] anchored)`} { // the second it does not know
		q := metric.Query{Expr: expr, Start: two.begin.Add(time.Minute), End: two.end, Step: 10 * time.Second}
		want, err := two.remote.Query(t.Context(), q)
		got, pushErr := pushed.Query(t.Context(), q)
		if diff := cmp.Diff(want, got, likewise()); diff != "" || err != nil || pushErr != nil {
			t.Errorf("%s: %v %v\n%s", expr, err, pushErr, diff)
		}
	}
}

// What was sent before a crash and not noted is sent again: the engine refuses
// what it has, and takes the rest of the same request.
func TestPrometheusGetsTheRestOfARepeatedRequest(t *testing.T) {
	url := launchPrometheus(t)
	c := Default()
	c.Dir, c.Write, c.Read = t.TempDir(), url, url
	two := fill(t, c)
	two.sink.flush()
	two.sink.mu.Lock()
	back := cursor{next: two.sink.cursor.next - 7, segment: two.sink.cursor.segment}
	two.sink.mu.Unlock()
	two.sink.stop()
	if err := two.sink.saveCursor(back); err != nil {
		t.Fatal(err)
	}
	c = two.config
	c.DrainTimeout = time.Millisecond
	again := start(t, c)
	late := metric.Sample{Labels: labels.FromStrings("__name__", "later"), At: two.end.UnixMilli(), Value: 42}
	again.put(late)
	if err := two.archives.Put(t.Context(), []metric.Sample{late}); err != nil {
		t.Fatal(err)
	}
	again.flush()
	res, err := two.remote.Query(context.Background(), metric.Query{Expr: "later", End: two.end})
	if err != nil || fmt.Sprint(res.Series) != fmt.Sprintf("[{%s [{%d 42}]}]", late.Labels, late.At) {
		t.Errorf("%v %v", res, err)
	}
	two.agree(t)
}

func TestAnswerWithTooManyPoints(t *testing.T) {
	url := launchPrometheus(t)
	c := Default()
	c.Dir, c.Write, c.Read, c.MaxReadSamples = t.TempDir(), url, url, 100
	two := fill(t, c)
	two.sink.flush()
	_, err := two.remote.Query(t.Context(), metric.Query{Expr: "hits_total", Start: two.begin, End: two.end, Step: 10 * time.Second})
	if !errors.Is(err, metric.ErrTooMuch) {
		t.Errorf("%v", err)
	}
	if _, err := two.remote.Query(t.Context(), metric.Query{Expr: "hits_total", End: two.begin.Add(time.Minute)}); err != nil {
		t.Error(err)
	}
}
