package rrdstore

import (
	"math"

	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

// A counter is stored as rates and read as a total that grows:
//
//	total(row's begin) = total(row's end) - rate × seconds
//
// beginning with the running total that is kept with the series. So the newest
// point is the total, and the difference of two points is what was counted
// between them, in every tier.

// spanned is a row with the running total at both its ends.
type spanned struct {
	row
	known       bool
	before, end float64
}

// goBack lays the total, which is valid at the last row's end, over the rows.
func goBack(rows []row, total float64, increment func(row) float64) []spanned {
	out := make([]spanned, len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		inc := increment(rows[i])
		out[i] = spanned{row: rows[i], known: !math.IsNaN(inc), end: total}
		if out[i].known {
			total -= inc
		}
		out[i].before = total
	}
	return out
}

// counterPoints returns the running total of a counter at the end of its rows,
// of what is newer, and of the last sample.
func (r *reader) counterPoints() []metric.Point {
	c := &r.snap.counter
	heartbeat := r.snap.class.heartbeat.Milliseconds()
	increment := func(n row) float64 {
		if n.at-n.from > heartbeat && n.from >= r.tail.edge {
			return math.NaN()
		}
		return n.values[0] * float64(n.at-n.from) / 1000
	}
	newer := goBack(r.tail.rows, c.Total, increment)
	total := c.Total
	switch {
	case c.Known && c.markAt == r.tail.edge:
		total = c.markTotal
	case len(newer) > 0:
		total = newer[0].before
	}
	rows := goBack(r.rows, total, increment)
	e := emitter{whole: c.whole, stale: true}
	e.rows(rows)
	e.rows(newer)
	if c.Known {
		e.at(c.At, c.Total)
	}
	return e.points
}

// amountPoints returns the running total of a timing's count or sum. Silence is
// no gap there: nothing was observed.
func (r *reader) amountPoints(column int) []metric.Point {
	total := r.snap.timer.count
	if column == columnSum {
		total = r.snap.timer.sum
	}
	amount := func(n row) float64 { return n.values[column] }
	newer := goBack(r.tail.rows, total, amount)
	if len(newer) > 0 {
		total = newer[0].before
	}
	e := emitter{}
	e.rows(goBack(r.rows, total, amount))
	e.rows(newer)
	return e.points
}

// emitter turns rows with totals into points.
type emitter struct {
	whole  bool // totals are whole numbers
	stale  bool // an unknown row ends the series for a while
	points []metric.Point
}

func (e *emitter) rows(rows []spanned) {
	for _, n := range rows {
		switch {
		case n.known:
			if lastAt(e.points) < n.from || e.isStale() {
				e.at(n.from, n.before) // shows what the first interval counted
			}
			e.at(n.at, n.end)
		case e.stale && len(e.points) > 0 && !e.isStale():
			e.points = append(e.points, metric.Point{At: n.at, Value: math.Float64frombits(value.StaleNaN)})
		}
	}
}

func (e *emitter) isStale() bool {
	n := len(e.points)
	return n > 0 && value.IsStaleNaN(e.points[n-1].Value)
}

// at appends the total at an instant, in the place of a mark of silence there.
func (e *emitter) at(at int64, total float64) {
	if e.isStale() && lastAt(e.points) >= at {
		e.points = e.points[:len(e.points)-1]
	}
	if lastAt(e.points) < at {
		e.points = append(e.points, metric.Point{At: at, Value: shown(total, e.whole)})
	}
}

// shown is a total as it is read.
func shown(total float64, whole bool) float64 {
	if whole {
		total = math.Round(total)
	}
	return max(total, 0)
}
