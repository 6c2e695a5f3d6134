package picture

import (
	"math"
	"time"

	"plimsoll/internal/metric"
)

// Bounds of a picture, in pixels.
const (
	MinWidth  = 160
	MaxWidth  = 2000
	MinHeight = 100
	MaxHeight = 2000
)

// MaxSeries is how many series a picture shows at most.
const MaxSeries = 20

// Chart is what is to be drawn.
type Chart struct {
	Title string
	// Start and End are the ends of the time axis, Step the distance of points.
	Start, End time.Time
	Step       time.Duration
	// Unit of the values, as pages have them: s, %, B, B/s, /s or none.
	Unit   string
	Series []Series
	// Left is how many series there are beyond those given.
	Left int
	// Thresholds are drawn as lines across.
	Thresholds []float64
	// Width and Height are clipped to the bounds of a picture.
	Width, Height int
	Dark          bool
}

// Series is one line: its points, oldest first.
type Series struct {
	Name   string
	Points []metric.Point
}

// farthest bounds what is drawn: a little over it, sums would be infinite.
const farthest = 1e300

// finite reports whether v can be drawn.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// within returns v, brought to what can be drawn.
func within(v float64) float64 { return max(-farthest, min(farthest, v)) }

// normal returns c within the bounds of a picture.
func (c Chart) normal() Chart {
	c.Width = max(MinWidth, min(MaxWidth, c.Width))
	c.Height = max(MinHeight, min(MaxHeight, c.Height))
	if !c.End.After(c.Start) {
		c.End = c.Start.Add(time.Second)
	}
	if len(c.Series) > MaxSeries {
		c.Left += len(c.Series) - MaxSeries
		c.Series = c.Series[:MaxSeries]
	}
	return c
}

// values calls do with all that the value axis must have room for.
func (c Chart) values(do func(v float64)) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			if finite(p.Value) && c.has(p.At) {
				do(within(p.Value))
			}
		}
	}
}

// has reports whether an instant is on the time axis.
func (c Chart) has(at int64) bool {
	return at >= c.Start.UnixMilli() && at <= c.End.UnixMilli()
}

// limits returns the ends of the value axis: from zero, or from below it, to a
// little over the greatest value, and past the thresholds, as on the pages.
func (c Chart) limits() (bottom, top float64) {
	c.values(func(v float64) { bottom, top = min(bottom, v*1.08), max(top, v*1.08) })
	for _, t := range c.Thresholds {
		if finite(t) {
			bottom, top = min(bottom, within(t)*1.2), max(top, within(t)*1.2)
		}
	}
	if top-bottom < 1e-300 {
		return 0, 1
	}
	return bottom, top
}

// runs returns the points of s that a line joins, and lone ones by themselves.
func (c Chart) runs(s Series) [][]metric.Point {
	var runs [][]metric.Point
	last := int64(math.MinInt64)
	reach := (c.Step + c.Step/2).Milliseconds()
	for _, p := range s.Points {
		if !finite(p.Value) || !c.has(p.At) {
			last = math.MinInt64
			continue
		}
		if n := len(runs); n > 0 && last != math.MinInt64 && p.At-last <= reach {
			runs[n-1] = append(runs[n-1], p)
		} else {
			runs = append(runs, []metric.Point{p})
		}
		last = p.At
	}
	return runs
}

// newest returns the last value of s that is drawn.
func (c Chart) newest(s Series) (float64, bool) {
	for i := len(s.Points) - 1; i >= 0; i-- {
		if p := s.Points[i]; finite(p.Value) && c.has(p.At) {
			return p.Value, true
		}
	}
	return 0, false
}
