package rrdstore

import (
	"iter"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/backlog"
)

// series is all that is known of one series but its archives' rows. Store.mu
// guards it. There are as many as there are names: what can be worked out from
// the labels, as the paths, is not kept.
type series struct {
	labels  labels.Labels
	class   *class
	ref     uint32 // its place in the index, from 1; 0: it is not part of the store
	kind    metric.Kind
	changes uint8 // of the kind so far

	last    int64  // the newest sample, in ms
	newest  int64  // the newest that the batch in the making accepted, if there is one
	defined uint64 // journal segment that last told the labels of ref

	value   float64  // the newest, of a gauge
	counter *counter // of a counter
	timer   *timer   // of a timing

	archives []archive // one; of a timing one for each tier. They are pointed to, and stay where they are
	before   *archive  // at the same path, of the kind before; it is to be set aside first
}

// archive is one file, made at its first update, and the points that wait for
// it. Store.mu guards it, but for logged.
type archive struct {
	series  *series
	start   int64 // ms; what the file, when it is made, is stamped with
	last    int64 // the newest point, written or waiting
	pending backlog.Buffer

	tier   uint8 // of a timing
	exists bool
	odd    bool // the file has another shape than the class asks for: reshape gives it that
	logged bool // the header before the first update since the last sync is in the journal; flushing guards it
}

// found notes that the file is on disk: of which kind it is, retire finds out.
func (a *archive) found() {
	if a.series.before != nil {
		a = a.series.before
	}
	a.exists = true
}

// path is where the file is, below the data directory.
func (s *Store) path(a *archive) string {
	var room [2 * maxNameBytes]byte
	b, _ := appendBase(room[:0], a.series.labels)
	return string(append(b, a.layout().ending...))
}

// paths yields the archives of a series with their paths.
func (s *Store) paths(sr *series) iter.Seq2[string, *archive] {
	return func(yield func(string, *archive) bool) {
		base, _ := basePath(sr.labels)
		for i := range sr.archives {
			if a := &sr.archives[i]; !yield(base+a.layout().ending, a) {
				return
			}
		}
	}
}

// add appends a point that covers the time from `from`, which is unknown back to
// the point before: a bridge of unknown keeps a row from smearing backwards. It
// returns how many bytes more are buffered.
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

func (a *archive) push(at int64, values ...float64) int {
	before := a.pending.Bytes()
	a.pending.Push(at, values...)
	a.last = at
	return a.pending.Bytes() - before
}

// newSeries makes a series that is not yet part of the store.
func (s *Store) newSeries(l labels.Labels, kind metric.Kind) *series {
	sr := &series{labels: l, class: s.classes.of(l), kind: kind}
	n, width := 1, 1
	switch kind {
	case metric.Counter:
		sr.counter = new(counter)
	case metric.Timing:
		n, width = len(sr.class.Tiers), len(timerDS)
		sr.timer = &timer{open: make([]interval, n)}
	}
	sr.archives = make([]archive, n)
	for i := range sr.archives {
		sr.archives[i] = archive{series: sr, tier: uint8(i), pending: backlog.New(width)}
	}
	return sr
}

// gauge takes a sample of a gauge and returns how many bytes more are buffered.
// The first one, and one after a silence, is that of its step.
func (sr *series) gauge(at int64, v float64) int {
	a := &sr.archives[0]
	from := a.last
	if at-from > sr.class.heartbeat.Milliseconds() {
		from = max(from, floorTo(at-1, sr.class.Tiers[0].millis()))
	}
	sr.value = v
	return a.add(from, at, v)
}
