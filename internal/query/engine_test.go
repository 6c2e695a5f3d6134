package query_test

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

var start = time.Unix(1_700_000_000, 0)

// shelf is a storage of fixed series that notes what range it was asked for.
type shelf struct {
	series []metric.Series
	fail   error
	mint   *int64
}

func (s shelf) Querier(mint, _ int64) (storage.Querier, error) {
	if s.mint != nil {
		*s.mint = mint
	}
	return s, s.fail
}

func (s shelf) Select(_ context.Context, sorted bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	var found []metric.Series
next:
	for _, one := range s.series {
		for _, m := range ms {
			if !m.Matches(one.Labels.Get(m.Name)) {
				continue next
			}
		}
		found = append(found, one)
	}
	return query.NewSeriesSet(found, sorted)
}

func (shelf) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return []string{"job", "instance"}, nil, nil
}

func (shelf) LabelValues(_ context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	if len(ms) > 0 {
		return []string{name + "-2"}, nil, nil
	}
	return []string{name + "-2", name + "-1"}, nil, nil
}

func (shelf) Close() error { return nil }

// hits counts 2 a second on one host and 4 on another, a point each 10 s.
func hits() shelf {
	var s shelf
	for i, host := range []string{"b", "a"} {
		one := metric.Series{Labels: labels.FromStrings("__name__", "hits_total", "host", host)}
		for at := range 31 {
			one.Points = append(one.Points, metric.Point{
				At: start.Add(time.Duration(at) * 10 * time.Second).UnixMilli(), Value: float64(at * 20 * (i + 1)),
			})
		}
		s.series = append(s.series, one)
	}
	return s
}

func ask(t *testing.T, s shelf, q metric.Query) (metric.Result, error) {
	t.Helper()
	c := query.Default()
	c.MaxSamples = 1000
	return query.New(s, c).Query(t.Context(), q)
}

func TestInstantVector(t *testing.T) {
	res, err := ask(t, hits(), metric.Query{Expr: "sort(rate(hits_total[1m]))", End: start.Add(5 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Type != metric.Vector || len(res.Series) != 2 || res.Series[0].Labels.Get("host") != "b" ||
		res.Series[0].Points[0].Value != 2 || res.Series[1].Points[0].Value != 4 {
		t.Errorf("got %+v", res)
	}
}

func TestExactIncreaseBetweenTwoInstants(t *testing.T) {
	res, err := ask(t, hits(), metric.Query{Expr: `increase(hits_total{host="b"}[1m] anchored)`, End: start.Add(5 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Series[0].Points[0].Value; got != 120 {
		t.Errorf("increase over a minute of 2 a second: %v, want exactly 120", got)
	}
}

func TestRange(t *testing.T) {
	res, err := ask(t, hits(), metric.Query{Expr: `hits_total{host="a"}`, Start: start, End: start.Add(time.Minute), Step: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ms := start.UnixMilli()
	want := []metric.Point{{At: ms, Value: 0}, {At: ms + 30_000, Value: 120}, {At: ms + 60_000, Value: 240}}
	if diff := cmp.Diff(want, res.Series[0].Points); diff != "" || res.Type != metric.Matrix {
		t.Errorf("%s\n%s", res.Type, diff)
	}
}

func TestScalarAndString(t *testing.T) {
	scalar, err := ask(t, shelf{}, metric.Query{Expr: "1/0", End: start})
	if err != nil || scalar.Type != metric.Scalar || !math.IsInf(scalar.Series[0].Points[0].Value, 1) {
		t.Errorf("1/0 = %+v, %v", scalar, err)
	}
	text, err := ask(t, shelf{}, metric.Query{Expr: `"ship"`, End: start})
	if err != nil || text.Type != metric.String || text.Text != "ship" {
		t.Errorf("string = %+v, %v", text, err)
	}
}

func TestErrorsSayWhoIsWrong(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, c := range []struct {
		expr string
		on   shelf
		want error
	}{
		{"sum(", shelf{}, metric.ErrBadQuery},
		{"count_over_time(hits_total[1h:1ms])", hits(), metric.ErrTooMuch},
		{"hits_total", shelf{fail: broken}, broken},
		{"hits_total + on() hits_total", hits(), metric.ErrExecution},
	} {
		if _, err := ask(t, c.on, metric.Query{Expr: c.expr, End: start.Add(time.Minute)}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.expr, err, c.want)
		}
	}
	if _, err := ask(t, hits(), metric.Query{Expr: "1", Start: start, End: start.Add(-time.Hour), Step: time.Second}); !errors.Is(err, metric.ErrBadQuery) {
		t.Errorf("a range that ends before it starts: %v", err)
	}
}

func TestLookbackReachesAcrossCoarseTiers(t *testing.T) {
	var mint int64
	c := query.Default()
	c.Now = func() time.Time { return start }
	c.Resolution = func(age, _ time.Duration) time.Duration {
		if age > 24*time.Hour {
			return time.Hour
		}
		return 10 * time.Second
	}
	e := query.New(shelf{mint: &mint}, c)
	for age, want := range map[time.Duration]time.Duration{time.Hour: 5 * time.Minute, 48 * time.Hour: 2 * time.Hour} {
		from := start.Add(-age)
		if _, err := e.Query(t.Context(), metric.Query{Expr: "up", Start: from, End: start, Step: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if got := from.Sub(time.UnixMilli(mint - 1)); got != want {
			t.Errorf("%s back: looked %s behind the start, want %s", age, got, want)
		}
	}
}

// lazyShelf reads its series one by one, and notes how many were read.
type lazyShelf struct {
	shelf
	read *atomic.Int64
}

func (s lazyShelf) Querier(int64, int64) (storage.Querier, error) { return s, nil }

func (s lazyShelf) Select(ctx context.Context, _ bool, _ *storage.SelectHints, _ ...*labels.Matcher) storage.SeriesSet {
	all := make([]labels.Labels, 100)
	for i := range all {
		all[i] = labels.FromStrings("__name__", "hits_total", "n", strconv.Itoa(i))
	}
	return query.NewLazySet(ctx, all, func() query.Reader {
		return func(i int) ([]metric.Point, error) {
			s.read.Add(1)
			if i == 50 {
				return nil, s.fail
			}
			return hits().series[0].Points, nil
		}
	})
}

func TestLimitStopsReading(t *testing.T) {
	q := metric.Query{Expr: "count_over_time(hits_total[5m])", End: start.Add(5 * time.Minute)}
	for limit, want := range map[int]error{20: metric.ErrTooMuch, 100_000: nil} {
		var read atomic.Int64
		c := query.Default()
		c.MaxSamples = limit
		_, err := query.New(lazyShelf{read: &read}, c).Query(t.Context(), q)
		if !errors.Is(err, want) || (want != nil) != (read.Load() < 10) {
			t.Errorf("limit %d: %d series read, %v", limit, read.Load(), err)
		}
	}
	broken, read := errors.New("disk on fire"), atomic.Int64{}
	_, err := query.New(lazyShelf{shelf: shelf{fail: broken}, read: &read}, query.Default()).Query(t.Context(), q)
	if !errors.Is(err, broken) {
		t.Errorf("a series that cannot be read: %v", err)
	}
}

func TestLookUps(t *testing.T) {
	e := query.New(hits(), query.Default())
	sel := metric.Selection{Start: start, End: start, Sets: [][]*labels.Matcher{
		{labels.MustNewMatcher(labels.MatchEqual, "host", "a")}, {labels.MustNewMatcher(labels.MatchRegexp, "host", "a|b")},
	}}
	series, err := e.Series(t.Context(), sel)
	if err != nil || len(series) != 2 || series[0].Get("host") != "a" {
		t.Errorf("series: %v, %v", series, err)
	}
	values, err := e.LabelValues(t.Context(), "x", metric.Selection{})
	if diff := cmp.Diff([]string{"x-1", "x-2"}, values); err != nil || diff != "" {
		t.Errorf("values: %v\n%s", err, diff)
	}
	sel.Limit = 1
	names, err := e.LabelNames(t.Context(), sel)
	if diff := cmp.Diff([]string{"instance"}, names); err != nil || diff != "" {
		t.Errorf("names: %v\n%s", err, diff)
	}
}
