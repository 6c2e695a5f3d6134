package rulefile

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Firing is an alert that fires.
type Firing struct{ Labels, Annotations map[string]string }

// A Trial evaluates rules at instants, in order.
type Trial interface {
	// Evaluate lets all groups look, and returns what went wrong with each rule.
	Evaluate(ctx context.Context, at time.Time) error
	// Firing returns the alerts of a name.
	Firing(name string) []Firing
}

// Setting is what a Trial works with.
type Setting struct {
	Groups         []Group
	Interval       time.Duration
	ExternalLabels map[string]string
	ExternalURL    string
	Querier        metric.Querier
	Sink           metric.Sink
}

// Result is what came of one test: failures, none if it passed.
type Result struct {
	Name     string
	Failures []string
}

// Run runs the tests whose names match only, all if it is nil, each over rules
// and series of its own.
func (f *TestFile) Run(ctx context.Context, try func(Setting) (Trial, error), only *regexp.Regexp) []Result {
	var results []Result
	for i, t := range f.Tests {
		if only != nil && !only.MatchString(t.Name) {
			continue
		}
		if t.Interval == 0 {
			t.Interval = f.EvaluationInterval
		}
		r := &run{file: f, test: t, memory: query.NewMemory(), start: time.Unix(0, 0).UTC()}
		if !t.StartTimestamp.IsZero() {
			r.start = t.StartTimestamp.UTC()
		}
		r.all(ctx, try)
		results = append(results, Result{Name: t.title(i), Failures: r.failures})
	}
	return results
}

// inOrder sorts groups by where their names stand, those of no place first with
// the first, as promtool has it.
func inOrder(groups []Group, names []string) ([]Group, error) {
	place := map[string]int{}
	for i, n := range names {
		if _, twice := place[n]; twice {
			return nil, fmt.Errorf("group name repeated in evaluation order: %s", n)
		}
		place[n] = i
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(place[a.Name], place[b.Name]) })
	return groups, nil
}

// run is one test under way.
type run struct {
	file     *TestFile
	test     testGroup
	memory   *query.Memory
	engine   *query.Engine
	start    time.Time
	failures []string
}

func (r *run) fail(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// limits of the queries of a test; the memory is the user's own.
const (
	queryTimeout = 100 * time.Second
	maxSamples   = 50_000_000
	lookback     = 5 * time.Minute
)

func (r *run) all(ctx context.Context, try func(Setting) (Trial, error)) {
	interval := time.Duration(r.file.EvaluationInterval)
	r.engine = query.New(r.memory, query.Config{Timeout: queryTimeout, MaxSamples: maxSamples, Lookback: lookback, SubqueryStep: interval})
	input, err := r.parseInput()
	if err != nil {
		r.fail("%v", err)
		return
	}
	trial, err := try(Setting{
		Groups: r.file.groups, Interval: interval, ExternalLabels: r.test.ExternalLabels, ExternalURL: r.test.ExternalURL,
		Querier: r.engine, Sink: r.memory,
	})
	if err != nil {
		r.fail("%v", err)
		return
	}
	end := r.start.Add(r.length())
	for at := r.start; !at.After(end); at = at.Add(interval) {
		passed := at.Sub(r.start)
		r.load(input, at)
		if err := trial.Evaluate(ctx, at); err != nil {
			r.fail("at %s: %v", model.Duration(passed), err)
			return
		}
		r.checkAlerts(trial, passed)
	}
	for _, t := range r.test.ExprTests {
		r.checkExpr(ctx, t)
	}
}

// length is the last instant that a test asks about.
func (r *run) length() time.Duration {
	var last model.Duration
	for _, t := range r.test.AlertTests {
		last = max(last, t.EvalTime)
	}
	for _, t := range r.test.ExprTests {
		last = max(last, t.EvalTime)
	}
	return time.Duration(last)
}

// equal compares numbers as the file wants it.
func (r *run) equal(a, b float64) bool {
	return a == b || r.file.FuzzyCompare && (math.Nextafter(a, math.Inf(-1)) == b || math.Nextafter(a, math.Inf(1)) == b)
}
