package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Reader is a storage.Queryable that fetches raw samples from the engine, and adds
// what a Sink was Put and the engine may not show yet.
//
// While the engine is away, the Sink answers alone where it can: a query for
// present values, since it knows the newest of each series, and one for no more
// than what waits. Such an answer has a warning. All else is an error.
type Reader struct {
	cfg    Config
	client *http.Client
	slots  chan struct{} // one for each read that may run; never closed
	sink   *Sink         // nil: none
}

// NewReader returns a Reader; it connects at the first query. What is in sink,
// if it is not nil, is seen too.
func NewReader(cfg Config, sink *Sink) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	client, err := newClient(cfg, cfg.ReadTimeout, nil)
	return &Reader{cfg: cfg, client: client, slots: make(chan struct{}, cfg.MaxReads), sink: sink}, err
}

// Querier implements storage.Queryable.
func (r *Reader) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{reader: r, mint: mint, maxt: maxt}, nil
}

type querier struct {
	reader     *Reader
	mint, maxt int64
}

func (*querier) Close() error { return nil }

// Select implements storage.Querier. All points are fetched before it returns.
func (q *querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	want := wanted{from: q.mint, to: q.maxt, matchers: ms}
	fetch := q.reader.points
	if hints != nil {
		want.from, want.to = max(want.from, hints.Start), min(want.to, hints.End)
		want.newest = hints.Range == 0 && hints.Step == 0
		if hints.Func == "series" {
			fetch = q.reader.seriesOnly
		}
	}
	if want.from > want.to {
		return storage.EmptySeriesSet()
	}
	seen, whole := q.reader.unseen(want)
	g := &gathered{mint: want.from, maxt: want.to, left: q.reader.cfg.MaxReadSamples, byHash: map[uint64][]int{}}
	for _, s := range seen {
		if err := g.add(g.of(s.Labels), s.Points...); err != nil {
			return query.NewFailedSet(err)
		}
	}
	found, err := fetch(ctx, g, want, whole)
	switch {
	case err == nil:
		return query.NewSeriesSet(found, sorted)
	case whole && isAway(ctx, err):
		return query.WithWarning(query.NewSeriesSet(found, sorted), err)
	}
	return query.NewFailedSet(err)
}

// points fetches what the engine has into g. Of an error, the series are those of g.
func (r *Reader) points(ctx context.Context, g *gathered, q wanted, hurry bool) ([]metric.Series, error) {
	ctx, cancel := r.patience(ctx, hurry)
	defer cancel()
	if err := r.enter(ctx); err != nil {
		return g.finish(), err
	}
	defer r.leave()
	fetch := r.remoteRead
	if r.cfg.Flavour == VictoriaMetrics {
		fetch = r.export
	}
	err := fetch(ctx, g, q.matchers)
	return g.finish(), err
}

// seriesOnly looks up the label sets; those in g have no points to be seen.
func (r *Reader) seriesOnly(ctx context.Context, g *gathered, q wanted, hurry bool) ([]metric.Series, error) {
	ctx, cancel := r.patience(ctx, hurry)
	defer cancel()
	if err := r.enter(ctx); err != nil {
		return g.series, err
	}
	defer r.leave()
	found, err := r.series(ctx, q.from, q.to, q.matchers)
	for _, s := range found {
		g.of(s.Labels)
	}
	return g.series, err
}

// patience bounds the wait for an engine that takes no samples either, when there
// is another answer.
func (r *Reader) patience(ctx context.Context, hurry bool) (context.Context, context.CancelFunc) {
	if hurry && r.sink != nil && r.sink.down.Load() {
		return context.WithTimeout(ctx, awayTimeout)
	}
	return context.WithCancel(ctx)
}

const awayTimeout = 2 * time.Second

// unseen returns what the sink has; whole tells whether that is an answer.
func (r *Reader) unseen(q wanted) (found []metric.Series, whole bool) {
	if r.sink == nil {
		return nil, false
	}
	found, whole = r.sink.unseen(q)
	return found, whole
}

// isAway tells whether an error means that the engine cannot be asked now, and
// not that the one who asks has gone.
func isAway(ctx context.Context, err error) bool {
	var said *engineError
	if errors.As(err, &said) {
		return said.status/100 == 5
	}
	return errors.Is(err, errAway) && ctx.Err() == nil
}

// enter waits for a place among the reads that run.
func (r *Reader) enter(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: wait for one of %d reads: %w", errAway, cap(r.slots), ctx.Err())
	}
}

func (r *Reader) leave() { <-r.slots }

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.strings(ctx, "labels", ms, func(l labels.Labels, add func(string)) {
		l.Range(func(l labels.Label) { add(l.Name) })
	})
}

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.strings(ctx, "label/"+url.PathEscape(name)+"/values", ms, func(l labels.Labels, add func(string)) {
		if v := l.Get(name); v != "" {
			add(v)
		}
	})
}

// strings looks something up, and adds what the sink's series have of it.
func (q *querier) strings(ctx context.Context, path string, ms []*labels.Matcher, of func(labels.Labels, func(string))) ([]string, annotations.Annotations, error) {
	want := wanted{from: q.mint, to: q.maxt, matchers: ms}
	unseen, whole := q.reader.unseen(want)
	var found []string
	err := q.reader.lookUp(ctx, path, want, whole, &found)
	for _, s := range unseen {
		of(s.Labels, func(text string) { found = append(found, text) })
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if err != nil && whole && isAway(ctx, err) {
		return found, annotations.New().Add(err), nil
	}
	return found, nil, err
}

func (r *Reader) lookUp(ctx context.Context, path string, q wanted, hurry bool, into *[]string) error {
	ctx, cancel := r.patience(ctx, hurry)
	defer cancel()
	if err := r.enter(ctx); err != nil {
		return err
	}
	defer r.leave()
	return r.get(ctx, path, q.from, q.to, q.matchers, into)
}

// gathered are the series of an answer, as they come in parts.
type gathered struct {
	mint, maxt int64
	left       int // points that may still come
	series     []metric.Series
	byHash     map[uint64][]int // index into series
}

// of returns the series with the given labels, made if it is new.
func (g *gathered) of(l labels.Labels) *metric.Series {
	h := l.Hash()
	for _, i := range g.byHash[h] {
		if labels.Equal(g.series[i].Labels, l) {
			return &g.series[i]
		}
	}
	g.byHash[h] = append(g.byHash[h], len(g.series))
	g.series = append(g.series, metric.Series{Labels: l})
	return &g.series[len(g.series)-1]
}

// add appends points that lie in the asked time.
func (g *gathered) add(s *metric.Series, points ...metric.Point) error {
	for _, p := range points {
		if p.At < g.mint || p.At > g.maxt {
			continue
		}
		if g.left--; g.left < 0 {
			return fmt.Errorf("%w: one selector of the query has more points than storage.max_read_samples; ask for fewer series or a shorter time", metric.ErrTooMuch)
		}
		s.Points = append(s.Points, p)
	}
	return nil
}

// finish puts the points of each series in order. Of two at one instant the
// first one stays: engines that keep copies give each of them, and what the sink
// has is exact to the last digit.
func (g *gathered) finish() []metric.Series {
	for i := range g.series {
		p := g.series[i].Points
		at := func(a, b metric.Point) int {
			switch {
			case a.At < b.At:
				return -1
			case a.At > b.At:
				return 1
			}
			return 0
		}
		if !slices.IsSortedFunc(p, at) {
			slices.SortStableFunc(p, at)
		}
		g.series[i].Points = slices.CompactFunc(p, func(a, b metric.Point) bool { return a.At == b.At })
	}
	return slices.DeleteFunc(g.series, func(s metric.Series) bool { return len(s.Points) == 0 })
}
