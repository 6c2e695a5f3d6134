package rrdstore

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// series is all that is known of one series but its archives' rows. Store.mu
// guards it.
type series struct {
	ref    uint64
	labels labels.Labels
	kind   metric.Kind
	last   int64   // the newest sample, in ms
	value  float64 // of it, for a gauge

	counter  counter
	timer    timer
	archives []*archive // one; of a timing one for each tier
	hashed   bool       // the path does not tell the labels
	changes  int        // of the kind so far
	replaces *series    // of another kind, until this one takes its place

	defined uint64 // journal segment that last told the labels of ref
	batch   uint64 // the last batch that holds a sample, and
	newest  int64  // the newest sample in it
}

// archive is one file, made at its first update, and the points that wait for
// it. Store.mu guards it, but for logged.
type archive struct {
	series *series
	path   string // below the data directory
	tier   int    // of a timing
	width  int    // values of a point

	exists  bool
	start   int64 // ms; what the file, when it is made, is stamped with
	last    int64 // the newest point, written or waiting
	pending points
	before  *archive // at the same path, of the kind before; it is to be set aside first

	logged bool // the header before the first update since the last sync is in the journal; flushing guards it
}

// found notes that the file is on disk: of which kind it is, retire finds out.
func (a *archive) found() {
	if a.before != nil {
		a = a.before
	}
	a.exists = true
}

// points are updates, oldest first, in a compact form.
type points struct {
	at     []int64
	values []float64 // width for each
}

func (p *points) len() int { return len(p.at) }

func (p *points) clone() points {
	return points{at: append([]int64(nil), p.at...), values: append([]float64(nil), p.values...)}
}

// drop removes the oldest n points, in new memory so that a burst is not kept.
func (p *points) drop(n, width int) {
	rest := points{at: p.at[n:], values: p.values[n*width:]}
	*p = rest.clone()
}

// since returns the points after instant at, for rrdfile.
func (p *points) since(at int64, width int) []rrdfile.Point {
	var out []rrdfile.Point
	for i, t := range p.at {
		if t > at {
			out = append(out, rrdfile.Point{At: t, Values: p.values[i*width : (i+1)*width]})
		}
	}
	return out
}

// add appends a point that covers the time from `from`, which is unknown back to
// the point before: a bridge of unknown keeps a row from smearing backwards. It
// returns how many values it added.
func (a *archive) add(from, at int64, values ...float64) int {
	if at <= a.last {
		return 0
	}
	return a.begin(from) + a.push(at, values...)
}

// begin makes at the begin of the next known interval: the time up to it is
// unknown.
func (a *archive) begin(at int64) int {
	if a.last == 0 && !a.exists {
		a.start = floorTo(at, 1000)
		a.last = a.start
	}
	if at <= a.last {
		return 0
	}
	return a.push(at)
}

// push appends a point; without values it is unknown.
func (a *archive) push(at int64, values ...float64) int {
	a.pending.at = append(a.pending.at, at)
	if len(values) == 0 {
		for range a.width {
			a.pending.values = append(a.pending.values, math.NaN())
		}
	}
	a.pending.values = append(a.pending.values, values...)
	a.last = at
	return a.width
}

// newSeries makes a series that is not yet part of the store.
func (s *Store) newSeries(l labels.Labels, kind metric.Kind) *series {
	sr := &series{labels: l, kind: kind}
	base, hashed := basePath(l)
	sr.hashed = hashed
	if kind != metric.Timing {
		sr.archives = []*archive{{series: sr, path: base + ".rrd", width: 1}}
		return sr
	}
	sr.timer.open = make([]interval, len(s.cfg.Tiers))
	for i, t := range s.cfg.Tiers {
		sr.archives = append(sr.archives, &archive{series: sr, path: base + "@" + t.name() + ".rrd", tier: i, width: len(timerDS)})
	}
	return sr
}

// gauge takes a sample of a gauge and returns how many values it buffered.
func (sr *series) gauge(at int64, v float64, step int64) int {
	a := sr.archives[0]
	from := a.last
	if from == 0 {
		from = floorTo(at-1, step)
	}
	sr.value = v
	return a.add(from, at, v)
}
