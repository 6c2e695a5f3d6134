package app

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/history"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// WriteHistory reads files of the past and writes them to w in pieces, as the
// service takes them.
func WriteHistory(ctx context.Context, inputs []history.Input, o history.Options, w io.Writer) (history.Stats, error) {
	e := json.NewEncoder(w)
	c := cutter{maxGap: 2 * time.Minute.Milliseconds(), give: func(p rrdstore.Past) error { return e.Encode(pieceOf(p)) }}
	stats, err := history.Read(ctx, inputs, o, c.take)
	if err == nil {
		err = c.end()
	}
	return stats, err
}

// pieceGoal is how many points a piece has, if the day does not end before.
const pieceGoal = 20_000

const dayMillis = 24 * 3600 * 1000

// cutter makes pieces of samples: each ends with a day, where the longest rows
// end, or with its series. At two hundred thousand points it is cut anyway.
type cutter struct {
	give func(rrdstore.Past) error
	past rrdstore.Past

	// maxGap is how far samples may lie apart, in ms, so that nothing is missing
	// between; those that always lie farther apart may, too: up to three times as
	// far as the two before.
	maxGap       int64
	at, distance int64 // of the newest sample, 0 for none
}

func (c *cutter) take(samples []metric.Sample) error {
	for _, s := range samples {
		if c.past.Labels.IsEmpty() || c.past.Kind != s.Kind || !labels.Equal(c.past.Labels, s.Labels) {
			if err := c.end(); err != nil {
				return err
			}
			c.past = rrdstore.Past{Labels: s.Labels.Copy(), Kind: s.Kind}
			c.at, c.distance = 0, 0
		}
		n := len(c.past.Points)
		if n >= pieceGoal && s.At/dayMillis != c.at/dayMillis || n >= maxPiecePoints {
			if err := c.cut(); err != nil {
				return err
			}
		}
		c.add(s)
	}
	return nil
}

// add takes a sample. A counter's source that tells totals, and no start, tells
// with the first one only where it stands.
func (c *cutter) add(s metric.Sample) {
	p := rrdstore.PastPoint{From: s.Start, At: s.At, Value: s.Value, Sketch: s.Sketch}
	switch {
	case s.Kind == metric.Counter && s.Start == 0:
		p.Value = s.Value - c.past.Stand
		if p.Value < 0 { // it began anew
			p.Value = s.Value
		}
		c.past.Stand = s.Value
		if p.From = c.since(s.At); p.From == 0 {
			return
		}
	case s.Kind == metric.Gauge:
		p.From = c.since(s.At)
	default:
		c.at = s.At
	}
	c.past.Points = append(c.past.Points, p)
}

// since returns the instant from which a sample at `at` tells of: that of the
// sample before, or 0 behind a gap. It goes on from there.
func (c *cutter) since(at int64) int64 {
	from, distance, limit := c.at, at-c.at, max(c.maxGap, 3*c.distance)
	if c.distance == 0 {
		limit = dayMillis
	}
	if distance > limit {
		from = 0
	}
	if c.at > 0 {
		c.distance = distance
	}
	c.at = at
	return from
}

// cut gives what there is, and goes on with the series.
func (c *cutter) cut() error {
	if len(c.past.Points) == 0 {
		return nil
	}
	err := c.give(c.past)
	c.past.Points = nil
	return err
}

func (c *cutter) end() error {
	if c.past.Labels.IsEmpty() {
		return nil
	}
	return c.cut()
}
