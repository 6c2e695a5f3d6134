// Package query answers PromQL with Prometheus' own engine over any
// storage.Queryable, so that a rule means the same whatever remembers the data.
package query

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
)

// Config bounds what one query may cost.
type Config struct {
	// Timeout ends a query; MaxSamples is how many points it may hold at once.
	Timeout    time.Duration `yaml:"timeout"`
	MaxSamples int           `yaml:"max_samples"`
	// Lookback is how old the newest point of a series may be to count as its
	// present value.
	Lookback time.Duration `yaml:"lookback"`

	// Resolution returns the distance of the points that the storage gives for
	// a query that begins age ago and has the given step; nil: finer than
	// Lookback always.
	Resolution func(age, step time.Duration) time.Duration `yaml:"-"`
	Now        func() time.Time                            `yaml:"-"` // needed with Resolution
	// SubqueryStep is that of subqueries that name none; 0: a minute.
	SubqueryStep time.Duration         `yaml:"-"`
	Registerer   prometheus.Registerer `yaml:"-"`
	Logger       *slog.Logger          `yaml:"-"`
}

// Default returns Prometheus' own limits.
func Default() Config {
	return Config{Timeout: 2 * time.Minute, MaxSamples: 50_000_000, Lookback: 5 * time.Minute}
}

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	for _, d := range []struct {
		key   string
		value time.Duration
	}{{"query.timeout", c.Timeout}, {"query.lookback", c.Lookback}} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s: %s is not a positive duration", d.key, d.value))
		}
	}
	if c.MaxSamples <= 0 {
		errs = append(errs, fmt.Errorf("query.max_samples: %d is not positive", c.MaxSamples))
	}
	return errors.Join(errs...)
}

// Engine is a metric.Querier over a storage.Queryable.
type Engine struct {
	config  Config
	promql  *promql.Engine
	storage storage.Queryable
}

// NewParser returns the parser of the dialect that the engine speaks:
// PromQL with the extended range selectors `anchored` and `smoothed`.
func NewParser() parser.Parser {
	return parser.NewParser(parser.Options{EnableExtendedRangeSelectors: true})
}

// New returns an engine that reads from s.
func New(s storage.Queryable, c Config) *Engine {
	if c.SubqueryStep == 0 {
		c.SubqueryStep = time.Minute
	}
	return &Engine{config: c, storage: s, promql: promql.NewEngine(promql.EngineOpts{
		Logger:                   c.Logger,
		Reg:                      c.Registerer,
		MaxSamples:               c.MaxSamples,
		Timeout:                  c.Timeout,
		LookbackDelta:            c.Lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return c.SubqueryStep.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   NewParser(),
	})}
}

// Query implements metric.Querier.
func (e *Engine) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	query, err := e.prepare(ctx, q)
	if err != nil {
		return metric.Result{}, fmt.Errorf("%w: %w", metric.ErrBadQuery, err)
	}
	defer query.Close()
	res := query.Exec(ctx)
	if res.Err != nil {
		return metric.Result{}, classify(res.Err)
	}
	return convert(res, q.Expr)
}

// Instant is the vector that expr gives at an instant, native histograms and
// all. A number is one element without labels.
func (e *Engine) Instant(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	query, err := e.prepare(ctx, metric.Query{Expr: expr, End: at})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metric.ErrBadQuery, err)
	}
	defer query.Close()
	res := query.Exec(ctx)
	if res.Err != nil {
		return nil, classify(res.Err)
	}
	switch v := res.Value.(type) {
	case promql.Vector:
		return slices.Clone(v), nil
	case promql.Scalar:
		return promql.Vector{{T: v.T, F: v.V}}, nil
	}
	return nil, fmt.Errorf("%w: %q gives neither a vector nor a number", metric.ErrBadQuery, expr)
}

func (e *Engine) prepare(ctx context.Context, q metric.Query) (promql.Query, error) {
	if q.Step == 0 {
		return e.promql.NewInstantQuery(ctx, e.storage, nil, q.Expr, q.End)
	}
	if q.Step < 0 || q.End.Before(q.Start) {
		return nil, fmt.Errorf("range from %s to %s with step %s", q.Start, q.End, q.Step)
	}
	opts := promql.NewPrometheusQueryOpts(false, e.lookback(q))
	return e.promql.NewRangeQuery(ctx, e.storage, opts, q.Expr, q.Start, q.End, q.Step)
}

// lookback is long enough to reach from one point of a coarse tier to the next.
func (e *Engine) lookback(q metric.Query) time.Duration {
	if e.config.Resolution == nil {
		return e.config.Lookback
	}
	return max(e.config.Lookback, 2*e.config.Resolution(e.config.Now().Sub(q.Start), q.Step))
}

// classify turns the engine's errors into the vocabulary's.
func classify(err error) error {
	var (
		tooMany  promql.ErrTooManySamples
		timeout  promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
		store    promql.ErrStorage
	)
	switch {
	case errors.As(err, &tooMany):
		return fmt.Errorf("%w: %w", metric.ErrTooMuch, err)
	case errors.As(err, &timeout):
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	case errors.As(err, &canceled):
		return fmt.Errorf("%w: %w", context.Canceled, err)
	case errors.As(err, &store):
		return fmt.Errorf("read series: %w", store.Err)
	}
	return fmt.Errorf("%w: %w", metric.ErrExecution, err)
}
