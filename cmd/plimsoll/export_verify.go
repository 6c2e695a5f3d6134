package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/app"
	"plimsoll/internal/remote"
)

// showTime is how long an engine may take to show what it took.
const showTime = 30 * time.Second

// count is what was found at the engine.
type count struct {
	reader *remote.Reader
	by     time.Time // until then it may still be that points are not shown yet
	points int64
	short  int // parts of series of which there are fewer points than were sent
}

// verifyAll counts at the engine what each series has of each slice. It may have
// more: what a service wrote since.
func (x *exporter) verifyAll(ctx context.Context, engine remote.Config) error {
	reader, err := remote.NewReader(engine, nil)
	if err != nil {
		return err
	}
	c := &count{reader: reader, by: time.Now().Add(showTime)}
	for _, slice := range x.progress.Slices {
		for more, after := true, ""; more; {
			page, out, err := x.from.page(ctx, x.match, slice, after)
			if err != nil {
				return err
			}
			for _, s := range page {
				if err := x.verify(ctx, c, s); err != nil {
					return err
				}
			}
			more, after = out.More, out.Last
		}
	}
	if c.short > 0 {
		return fmt.Errorf("%d parts of series lack points at the engine; to export again does no harm", c.short)
	}
	fmt.Fprintf(x.stderr, "the engine has %d points of these series\n", c.points)
	return nil
}

func (x *exporter) verify(ctx context.Context, c *count, s app.HistorySeries) error {
	for {
		n, err := c.at(ctx, s)
		if err != nil {
			return err
		}
		if n < len(s.Values) && time.Now().Before(c.by) {
			if err := wait(ctx, 200*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		c.points += int64(n)
		if n < len(s.Values) {
			c.short++
			fmt.Fprintf(x.stderr, "%s: %d of %d points from %s on\n", labels.FromMap(s.Metric), n, len(s.Values), day(s.Timestamps[0]))
		}
		return nil
	}
}

// at counts the points of the series between the first and the last that was sent.
func (c *count) at(ctx context.Context, s app.HistorySeries) (n int, err error) {
	q, err := c.reader.Querier(s.Timestamps[0], s.Timestamps[len(s.Timestamps)-1])
	if err != nil {
		return 0, err
	}
	defer q.Close()
	var ms []*labels.Matcher
	for name, v := range s.Metric {
		ms = append(ms, labels.MustNewMatcher(labels.MatchEqual, name, v))
	}
	want := labels.FromMap(s.Metric)
	set := q.Select(ctx, false, nil, ms...)
	for set.Next() {
		if !labels.Equal(set.At().Labels(), want) {
			continue // it has more labels
		}
		for it := set.At().Iterator(nil); it.Next() != 0; {
			n++
		}
	}
	return n, set.Err()
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
