package foreign

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Trees are the files of all trees. Run keeps their index; until its first walk
// has ended there are no series.
type Trees struct {
	cfg   Config
	trees []*tree
	index atomic.Pointer[index] // replaced by each walk, never nil
	stats *stats
	told  map[int]string // what was last logged of each tree; of the one who walks
}

// New understands the configuration. It touches no file.
func New(c Config) (*Trees, error) {
	if err := Validate("import", c.Trees); err != nil {
		return nil, err
	}
	t := &Trees{cfg: c, stats: newStats(c.Registerer), told: map[int]string{}}
	for _, one := range c.Trees {
		compiled, errs := compile(one.filled())
		if len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		t.trees = append(t.trees, compiled)
	}
	x, _ := newIndex(nil)
	t.index.Store(x)
	return t, nil
}

// Run walks the trees at once and each Refresh until ctx ends.
func (t *Trees) Run(ctx context.Context) error {
	for {
		begin := t.cfg.Now()
		if err := t.Walk(ctx); err != nil {
			return nil //nolint:nilerr // the one error is that ctx ended
		}
		took := t.cfg.Now().Sub(begin)
		t.stats.walk.Set(took.Seconds())
		timer := time.NewTimer(max(t.cfg.Refresh, 9*took))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// Walk looks through all trees and replaces the index. It fails only when ctx
// ends, and then changes nothing. One goroutine calls it.
func (t *Trees) Walk(ctx context.Context) error {
	known, seen := t.index.Load().files, map[identity]bool{}
	var files []*file
	walks := make([]*found, len(t.trees))
	for i, one := range t.trees {
		f, err := one.walk(ctx, known, seen)
		if err != nil {
			return err
		}
		walks[i], files = f, append(files, f.files...)
	}
	x, twice := newIndex(files)
	t.index.Store(x)
	t.stats.set(x, walks, len(twice))
	t.tell(walks, twice)
	return nil
}

// tell logs what was left out, when it is not what was left out before.
func (t *Trees) tell(walks []*found, twice []entry) {
	for i, f := range walks {
		news := fmt.Sprint(f.skipped)
		if len(f.skipped) > 0 && t.told[i] != news {
			t.cfg.Logger.Warn("files of an imported tree are not shown",
				"path", t.trees[i].given.Path, "reasons", news, "such_as", f.example)
		}
		t.told[i] = news
	}
	news := ""
	if len(twice) > 0 {
		news = fmt.Sprintf("%d %s", len(twice), twice[0].labels)
		if t.told[-1] != news {
			t.cfg.Logger.Warn("imported series have the labels of others and are not shown: tell them apart with labels",
				"series", len(twice), "such_as", twice[0].labels.String(), "file", twice[0].file.path)
		}
	}
	t.told[-1] = news
}

// Querier implements storage.Queryable.
func (t *Trees) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{trees: t, index: t.index.Load(), mint: mint, maxt: maxt}, nil
}

type querier struct {
	trees      *Trees
	index      *index
	mint, maxt int64
}

func (*querier) Close() error { return nil }

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.index.distinct(ms, func(l labels.Labels, tell func(string)) {
		l.Range(func(one labels.Label) { tell(one.Name) })
	}), nil, ctx.Err()
}

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.index.distinct(ms, func(l labels.Labels, tell func(string)) {
		if v := l.Get(name); v != "" {
			tell(v)
		}
	}), nil, ctx.Err()
}

// Select implements storage.Querier. The set is sorted, and a series is read
// when its points are asked for. One that cannot be read has none.
func (q *querier) Select(ctx context.Context, _ bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	found := q.index.find(ms)
	all := make([]labels.Labels, len(found))
	for i, e := range found {
		all[i] = e.labels
	}
	w := newWindow(q.mint, q.maxt, hints, q.trees.cfg.Lookback)
	return query.NewLazySet(ctx, all, func() query.Reader {
		return func(i int) ([]metric.Point, error) {
			points, err := w.points(ctx, found[i])
			if err == nil || errors.Is(err, metric.ErrTooMuch) || ctx.Err() != nil {
				return points, err
			}
			found[i].file.moved.Store(true) // the next walk looks at it
			q.trees.stats.failed.WithLabelValues(reasonOf(err)).Inc()
			return nil, nil
		}
	})
}

// Beside returns what reads both own and the trees. A series of the same labels
// in both has the points of both.
func (t *Trees) Beside(own storage.Queryable) storage.Queryable {
	return storage.QueryableFunc(func(mint, maxt int64) (storage.Querier, error) {
		q, err := own.Querier(mint, maxt)
		if err != nil {
			return nil, err
		}
		theirs, err := t.Querier(mint, maxt)
		if err != nil {
			return nil, errors.Join(err, q.Close())
		}
		return storage.NewMergeQuerier([]storage.Querier{q, theirs}, nil, storage.ChainedSeriesMerge), nil
	})
}
