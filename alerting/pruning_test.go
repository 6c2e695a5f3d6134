package alerting

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// recorder notes what an engine was answered, and answers for the past with it.
type recorder struct {
	*world
	mu    sync.Mutex // guards what follows
	found map[string]map[int64][]metric.Series
}

func (r *recorder) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	if q.Step > 0 {
		return r.past(q), nil
	}
	res, err := r.world.Query(ctx, q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found[q.Expr] == nil {
		r.found[q.Expr] = map[int64][]metric.Series{}
	}
	if err == nil {
		r.found[q.Expr][q.End.UnixMilli()] = res.Series
	}
	return res, err
}

func (r *recorder) past(q metric.Query) metric.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := map[string]*metric.Series{}
	for at := q.Start; !at.After(q.End); at = at.Add(q.Step) {
		for _, s := range r.found[q.Expr][at.UnixMilli()] {
			key := s.Labels.String()
			if lines[key] == nil {
				lines[key] = &metric.Series{Labels: s.Labels}
			}
			lines[key].Points = append(lines[key].Points, s.Points...)
		}
	}
	res := metric.Result{Type: metric.Matrix}
	for _, s := range lines {
		res.Series = append(res.Series, *s)
	}
	return res
}

// nth is when the look at expr was that is counted n, from 0.
func (r *recorder) nth(expr string, n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	var at []int64
	for ms := range r.found[expr] {
		at = append(at, ms)
	}
	slices.Sort(at)
	return metric.Time(at[n])
}

// What an engine made of a random life is what a replay makes of the answers
// that it had.
func TestReplayIsWhatTheEngineDid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		spell := func(n int) time.Duration { return time.Duration(rng.IntN(n)) * 5 * time.Second }
		c := rule.Config{
			Name: "High", Expr: "load > 5", Clear: []string{"", "load < 3"}[rng.IntN(2)], For: spell(4), KeepFiringFor: spell(4),
			NoData: spell(6), Interval: 5 * time.Second, Severity: metric.Critical,
		}.WithDefaults()
		w := &recorder{world: newWorld(), found: map[string]map[int64][]metric.Series{}}
		e := w.live(t, c, rng)
		kept, err := e.Episodes(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		want := []prune.Episode{}
		for _, k := range kept {
			want = append(want, prune.Episode{
				Rule: k.Name, Severity: string(k.Severity), Labels: k.Labels, Began: k.Began.UTC(), Hard: k.Hard.UTC(), Ended: k.Ended.UTC(),
			})
		}
		// The second look is the first that keeps to its place in the interval.
		got, err := prune.Replay(t.Context(), w, c, w.nth(c.Expr, 1), w.clock())
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Episodes {
			one := &got.Episodes[i]
			one.Began, one.Hard, one.Ended = one.Began.UTC(), one.Hard.UTC(), one.Ended.UTC()
		}
		byBegin := func(a, b prune.Episode) int {
			return cmp.Or(a.Hard.Compare(b.Hard), cmp.Compare(a.Labels["host"], b.Labels["host"]))
		}
		slices.SortFunc(want, byBegin)
		slices.SortFunc(got.Episodes, byBegin)
		if diff := gocmp.Diff(want, got.Episodes); diff != "" || len(want) == 0 && c.For < 15*time.Second {
			t.Errorf("seed %d, %d episodes\n%s", seed, len(want), diff)
		}
	}
}

// live leads an engine with one rule through twenty minutes in which three hosts
// come, go, and are more or less loaded.
func (r *recorder) live(t *testing.T, c rule.Config, rng *rand.Rand) *Engine {
	t.Helper()
	given := Default()
	given.DefaultRules, given.Rules = false, []rule.Config{c}
	given.Dir, given.Querier, given.Dialer, given.Clock, given.Hosts = t.TempDir(), r, r, r.clock, r.list
	e, err := Open(given)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	for second := range 1200 {
		if second > 20 && second%7 == 0 {
			r.change(labels.FromStrings("__name__", "load", "host", fmt.Sprint("web", rng.IntN(3))).String(), rng)
		}
		r.step(t.Context(), e, epoch.Add(time.Duration(second)*time.Second))
	}
	return e
}

func (r *recorder) change(series string, rng *rand.Rand) {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	if rng.IntN(5) == 0 {
		delete(r.series, series)
		return
	}
	r.series[series] = float64(rng.IntN(9))
}
