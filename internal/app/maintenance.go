package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/dashboard"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore"
)

// maintenance is what the API and the command line may do to archives.
type maintenance struct{ archives *rrdstore.Store }

// works are the parts of the API that work on the archives, all absent where an
// engine remembers.
func (a *App) works() dashboard.Storage {
	if a.archives == nil {
		return dashboard.Storage{}
	}
	return maintenance{a.archives}.works()
}

func (m maintenance) works() dashboard.Storage {
	return dashboard.Storage{
		Plan: m.plan, List: m.list, History: m.history, Reshape: m.reshape, Import: m.imports,
		Snapshot: m.snapshot, Remove: m.remove, Restore: m.restore, Verify: m.verify, Dump: m.dump, Undump: m.undump,
	}
}

// OpenArchives opens the archives of c for work on them while no service runs.
// The caller closes them.
func OpenArchives(c Config, logger *slog.Logger) (dashboard.Storage, io.Closer, error) {
	s := c.spread().Storage
	if s.Kind != kindArchives {
		return dashboard.Storage{}, nil, fmt.Errorf("storage.kind is %q: there are no archives to work on", s.Kind)
	}
	if _, err := os.Stat(filepath.Join(s.Dir, "archives")); err != nil { // which would be made
		return dashboard.Storage{}, nil, fmt.Errorf("open %s: there are no archives: %w", s.Dir, err)
	}
	s.Logger, s.Now = logger, time.Now
	archives, err := rrdstore.Open(s.Config)
	if errors.Is(err, durable.ErrLocked) {
		err = fmt.Errorf("%w: leave out -data to have the service that runs there do the work", err)
	}
	if err != nil {
		return dashboard.Storage{}, nil, err
	}
	return maintenance{archives}.works(), archives, nil
}

// PlanArchives plans for the archives in c.Data, or for as many series as asked
// in each class where c.Data is empty. It only reads.
func PlanArchives(c Config, series int) (rrdstore.Plan, error) {
	if c.Data == "" {
		return c.Storage.PlanFor(series), nil
	}
	if _, err := os.Stat(c.Data); err != nil {
		return rrdstore.Plan{}, fmt.Errorf("plan for %s: %w", c.Data, err)
	}
	return c.spread().Storage.PlanOf()
}

func (m maintenance) plan(context.Context, url.Values, io.Reader, func(any)) (any, error) {
	return m.archives.Plan()
}

// selector returns the matchers of a selector, nil for none: all series.
func selector(text string) ([]*labels.Matcher, error) {
	if text == "" {
		return nil, nil
	}
	ms, err := query.NewParser().ParseMetricSelector(text)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w: %w", text, metric.ErrBadQuery, err)
	}
	return ms, nil
}

// topValues is how many values of a label are told of unless asked.
const topValues = 20

func (m maintenance) list(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err != nil {
		return nil, err
	}
	if label := ask.Get("top"); label != "" {
		shares, values := m.archives.Top(ms, label, topValues)
		return map[string]any{"top": shares, "values": values}, nil
	}
	due := time.Time{}
	if text := ask.Get("due"); text != "" {
		within, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("due: %w: %w", metric.ErrBadQuery, err)
		}
		due = time.Now().Add(within)
	}
	n, size := 0, int64(0)
	count := func(found []rrdstore.Listed) {
		n += len(found)
		for i := range found {
			size += found[i].Bytes
		}
		tell(found)
	}
	if ask.Get("retired") == "true" || !due.IsZero() {
		err = m.archives.ListRetired(ctx, ms, due, count)
	} else {
		err = m.archives.List(ctx, ms, count)
	}
	return map[string]any{"series": n, "bytes": size}, err
}

// remove wants a selector: nobody removes all there is by leaving it out.
func (m maintenance) remove(ctx context.Context, ask url.Values, _ io.Reader, _ func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err == nil && ms == nil {
		err = fmt.Errorf("match is missing: %w", metric.ErrBadQuery)
	}
	if err != nil {
		return nil, err
	}
	n, err := m.archives.Remove(ctx, ms, ask.Get("retired") == "true")
	return map[string]any{"series": n}, err
}

func (m maintenance) restore(ctx context.Context, ask url.Values, _ io.Reader, _ func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err != nil {
		return nil, err
	}
	n, err := m.archives.Restore(ctx, ms)
	return map[string]any{"series": n}, err
}

// verify tells of each file that is not sound, and in the end how many are.
func (m maintenance) verify(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err != nil {
		return nil, err
	}
	return m.archives.VerifyArchives(ctx, ms, func(path string, err error) {
		tell(map[string]any{"file": path, "error": err.Error()})
	})
}

func (m maintenance) reshape(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	return m.archives.Reshape(ctx, ask.Get("dry_run") == "true", func(at rrdstore.Reshaping) {
		at.Changes = nil
		tell(at)
	})
}

// snapshot copies all archives to a directory, by its absolute path: the client's
// working directory is not the service's.
func (m maintenance) snapshot(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	dir := ask.Get("dir")
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("dir %q is no absolute path: %w", dir, metric.ErrBadQuery)
	}
	made, err := m.archives.Snapshot(ctx, dir, func(p rrdstore.SnapshotProgress) { tell(p) })
	if err != nil {
		return nil, err
	}
	return map[string]any{"dir": dir, "files": len(made.Files), "bytes": made.Bytes()}, nil
}

// VerifySnapshot compares the snapshot in dir with its manifest. It returns when
// it was made and how many files it has.
func VerifySnapshot(ctx context.Context, dir string, bad func(path string, err error)) (made time.Time, files int, err error) {
	m, err := rrdstore.VerifySnapshot(ctx, dir, bad)
	return m.Made, len(m.Files), err
}
