package remote

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Reader is a storage.Queryable that fetches raw samples from the engine.
type Reader struct {
	cfg    Config
	client *http.Client
	slots  chan struct{} // one for each read that may run; never closed
}

// NewReader returns a Reader; it connects at the first query.
func NewReader(cfg Config) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	client, err := newClient(cfg, cfg.ReadTimeout)
	return &Reader{cfg: cfg, client: client, slots: make(chan struct{}, cfg.MaxReads)}, err
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
	if err := q.reader.enter(ctx); err != nil {
		return query.NewFailedSet(err)
	}
	defer q.reader.leave()
	if hints != nil && hints.Func == "series" {
		found, err := q.reader.series(ctx, q.mint, q.maxt, ms)
		if err != nil {
			return query.NewFailedSet(err)
		}
		return query.NewSeriesSet(found, sorted)
	}
	from, to := q.mint, q.maxt
	if hints != nil {
		from, to = max(from, hints.Start), min(to, hints.End)
	}
	if from > to {
		return storage.EmptySeriesSet()
	}
	fetch := q.reader.remoteRead
	if q.reader.cfg.Flavour == VictoriaMetrics {
		fetch = q.reader.export
	}
	g := &gathered{mint: from, maxt: to, left: q.reader.cfg.MaxReadSamples, byHash: map[uint64][]int{}}
	if err := fetch(ctx, g, ms); err != nil {
		return query.NewFailedSet(err)
	}
	return query.NewSeriesSet(g.finish(), sorted)
}

// enter waits for a place among the reads that run.
func (r *Reader) enter(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for one of %d reads: %w", cap(r.slots), ctx.Err())
	}
}

func (r *Reader) leave() { <-r.slots }

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.strings(ctx, "labels", ms)
}

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.strings(ctx, "label/"+url.PathEscape(name)+"/values", ms)
}

func (q *querier) strings(ctx context.Context, path string, ms []*labels.Matcher) ([]string, annotations.Annotations, error) {
	if err := q.reader.enter(ctx); err != nil {
		return nil, nil, err
	}
	defer q.reader.leave()
	var found []string
	err := q.reader.get(ctx, path, q.mint, q.maxt, ms, &found)
	slices.Sort(found)
	return found, nil, err
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
// later one given stays: engines that keep copies give each of them.
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
