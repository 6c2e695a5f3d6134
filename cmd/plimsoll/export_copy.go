package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/app"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/internal/remote"
)

// progress is how far an export got; it is saved after each page.
type progress struct {
	Match  string             `json:"match"`
	Series int                `json:"series"`
	Slices []app.HistorySlice `json:"slices"`
	Slice  int                `json:"slice"` // that is under way
	After  string             `json:"after"` // the last series of it that is done
	Points int64              `json:"points"`
	Bytes  int64              `json:"bytes"` // of a file
}

// loadProgress returns nothing yet when there is no such file.
func loadProgress(file, match string) (p progress, err error) {
	p.Match = match
	if file == "" {
		return p, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err == nil && p.Match != match {
		err = fmt.Errorf("it is of an export of %q, not of %q", p.Match, match)
	}
	if err != nil {
		return p, fmt.Errorf("read -state %s: %w", file, err)
	}
	return p, nil
}

// target takes a page, for good when it returns nil.
type target interface {
	put(ctx context.Context, page []app.HistorySeries) error
	// size is how long a file is, 0 of others.
	size() int64
	close() error
}

// exporter copies slice by slice, oldest first, and in each page by page.
type exporter struct {
	env
	from     *historySource
	to       target
	match    string
	state    string
	rate     int
	begun    time.Time
	progress progress
	sent     int64 // points of this run
}

func (x *exporter) copyAll(ctx context.Context) error {
	p := &x.progress
	if len(p.Slices) == 0 {
		plan, err := x.from.plan(ctx, x.match)
		if err != nil {
			return err
		}
		p.Slices, p.Series = plan.Slices, plan.Series
	}
	for p.Slice < len(p.Slices) {
		if err := x.copyPage(ctx); err != nil {
			return fmt.Errorf("%w (%d points in slice %d of %d are safe)", err, p.Points, p.Slice, len(p.Slices))
		}
		fmt.Fprintf(x.stderr, "\r%d of %d parts of the time, %d points ", p.Slice, len(p.Slices), p.Points)
	}
	fmt.Fprintf(x.stderr, "\r%d series, %d points written\n", p.Series, p.Points)
	return nil
}

func (x *exporter) copyPage(ctx context.Context) error {
	p := &x.progress
	page, out, err := x.from.page(ctx, x.match, p.Slices[p.Slice], p.After)
	if err != nil {
		return err
	}
	if err := x.to.put(ctx, page); err != nil {
		return err
	}
	n := points(page)
	x.sent += n
	p.Points, p.Bytes, p.After = p.Points+n, x.to.size(), out.Last
	if !out.More {
		p.Slice, p.After = p.Slice+1, ""
	}
	if err := x.save(); err != nil {
		return err
	}
	return x.pace(ctx, x.sent)
}

func points(page []app.HistorySeries) (n int64) {
	for _, s := range page {
		n += int64(len(s.Values))
	}
	return n
}

func (x *exporter) save() error {
	if x.state == "" {
		return nil
	}
	b, err := json.Marshal(x.progress)
	if err != nil {
		return err
	}
	return durable.WriteFile(durable.Disk{}, x.state, b)
}

// lineTarget writes a line for each series of a page.
type lineTarget struct {
	w     *bufio.Writer
	file  *os.File // nil: not ours to close
	bytes int64
}

func newLineTarget(w io.Writer, f *os.File) *lineTarget {
	t := &lineTarget{w: bufio.NewWriterSize(w, 1<<20), file: f}
	if f != nil {
		t.bytes, _ = f.Seek(0, io.SeekCurrent) // it was set just now
	}
	return t
}

func (t *lineTarget) put(_ context.Context, page []app.HistorySeries) error {
	for _, s := range page {
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		n, err := t.w.Write(append(line, '\n'))
		t.bytes += int64(n)
		if err != nil {
			return err
		}
	}
	err := t.w.Flush()
	if err == nil && t.file != nil {
		err = t.file.Sync()
	}
	return err
}

func (t *lineTarget) size() int64 { return t.bytes }

func (t *lineTarget) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}

// engineTarget sends by remote write.
type engineTarget struct{ w *remote.Writer }

func (t *engineTarget) put(ctx context.Context, page []app.HistorySeries) error {
	var batch []metric.Sample
	for _, s := range page {
		l := labels.FromMap(s.Metric)
		for i, v := range s.Values {
			batch = append(batch, metric.Sample{Labels: l, Kind: metric.KindOf(l.Get(metric.NameLabel)), At: s.Timestamps[i], Value: float64(v)})
		}
	}
	return t.w.Write(ctx, batch)
}

func (t *engineTarget) size() int64  { return 0 }
func (t *engineTarget) close() error { return nil }
