package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// What comes long after its time has a way of its own, as Put refuses it:
//
//	newer than the series' newest sample    Put: all of a timing, else the last point only,
//	                                        so that what was counted is in the total
//	older, and what was not Put             its archives are updated with what waits, then
//	                                        the rows that it touches are rebuilt in place
//
// It is not journalled: who was interrupted does it again, and twice is as once.
// The journal gets the header of a file before, as with any update.

// Past is a part of the history of one series, oldest first.
type Past struct {
	Labels labels.Labels
	Kind   metric.Kind
	Stand  float64 // where a counter's source stood at the last point; 0 where there is none, only increments
	Points []PastPoint
}

// PastPoint is what is known of the time (From, At], in ms, however long it is.
// From is 0 where it is not known: then it is the step of At.
type PastPoint struct {
	From, At int64
	Value    float64        // of a gauge; of a counter what was counted in that time
	Sketch   *sketch.Sketch // of a timing
}

// Backfilled counts what Backfill did.
type Backfilled struct {
	Series int `json:"series"`
	Points int `json:"points"` // that came
	New    int `json:"new"`    // points newer than all that was known, stored as if in time
	Rows   int `json:"rows"`   // rebuilt
	// Kept are rows that stayed as they were: the finer rows that they are made of
	// are gone, or the row of a timing held more, or is still open.
	Kept    int            `json:"kept"`
	Gone    int            `json:"gone"`    // rows too old for their ring
	Refused map[string]int `json:"refused"` // points, by reason
}

func (b *Backfilled) refuse(reason string, n int) {
	if n > 0 {
		b.Refused[reason] += n
	}
}

// backfillFlush is how many points of a series may wait for its archives here.
const backfillFlush = 4096

// Backfill brings in history; all of it waits in memory, so it comes in pieces.
// It goes on after a series that cannot be written. A piece ends at the end of a
// day, or of a series: see rrdfile.File.Backfill.
func (s *Store) Backfill(ctx context.Context, all []Past, out *Backfilled) error {
	if out.Refused == nil {
		out.Refused = map[string]int{}
	}
	var errs []error
	var older, newer []pastOfSeries
	for _, p := range all {
		out.Series++
		out.Points += len(p.Points)
		sr, last := s.newestOf(p.Labels)
		if sr != nil && sr.kind != p.Kind {
			out.refuse(reasonKind, len(p.Points))
			continue
		}
		old, fresh := p.split(last, s.classes.of(p.Labels).Tiers[0].millis())
		older = append(older, pastOfSeries{sr, Past{p.Labels, p.Kind, p.Stand, old}})
		newer = append(newer, pastOfSeries{sr, Past{p.Labels, p.Kind, p.Stand, s.possible(fresh, out)}})
	}
	for i, p := range newer {
		put, err := s.putPast(ctx, p.Past, out)
		out.New += put
		errs = append(errs, p.failed(err))
		if put > 0 && p.Kind != metric.Timing {
			sr, _ := s.newestOf(p.Labels)
			if sr == nil {
				errs = append(errs, p.failed(errGone))
				continue
			}
			older[i].series = sr
			older[i].Points = append(older[i].Points, p.Points...)
		}
	}
	errs = append(errs, s.rebuildAll(ctx, older, out))
	for _, p := range older {
		if len(p.Points) > 0 {
			errs = append(errs, p.failed(s.raise(p.series, p.Points[0].From)))
		}
	}
	return joinFew(errs)
}

var errGone = errors.New("the series was retired or removed meanwhile; bring its history in again")

// pastOfSeries is history and the series it belongs to, nil for a new one.
type pastOfSeries struct {
	series *series
	Past
}

func (p pastOfSeries) failed(err error) error {
	if err != nil {
		return fmt.Errorf("backfill %s: %w", p.Labels, err)
	}
	return nil
}

// newestOf returns a series, nil if there is none, and the instant of its newest
// sample. One that is retired comes back.
func (s *Store) newestOf(l labels.Labels) (*series, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sr := s.index.lookup(l)
	if sr == nil {
		var err error
		sr, err = s.wakeLocked(l, (&batch{store: s}).clashes)
		s.wakeErrors(err)
	}
	if sr == nil {
		return nil, 0
	}
	return sr, sr.last
}

// split cuts points at an instant; a counter's that spans it is cut in two, in
// proportion.
func (p *Past) split(at, step int64) (old, fresh []PastPoint) {
	for _, n := range p.Points {
		if n.From <= 0 {
			n.From = floorTo(max(n.At-1, 0), step)
		}
		switch {
		case n.At <= at:
			old = append(old, n)
		case n.From < at && p.Kind == metric.Counter:
			before, after := n, n
			before.At, after.From = at, at
			part := float64(at-n.From) / float64(n.At-n.From)
			before.Value, after.Value = n.Value*part, n.Value*(1-part)
			old, fresh = append(old, before), append(fresh, after)
		case p.Kind == metric.Gauge:
			n.From = max(n.From, at)
			fresh = append(fresh, n)
		default:
			fresh = append(fresh, n)
		}
	}
	return old, fresh
}

// putPast stores points that are newer than all that is known of their series,
// and returns how many of them it took: of a gauge or a counter with the last
// one, as the others are to be brought in behind it.
func (s *Store) putPast(ctx context.Context, p Past, out *Backfilled) (took int, err error) {
	for len(p.Points) > 0 {
		n := len(p.Points)
		samples := []metric.Sample(nil)
		if p.Kind == metric.Timing {
			n = min(n, backfillFlush)
			samples = timingSamples(p.Labels, p.Points[:n])
		} else {
			samples = append(samples, s.lastSample(p))
		}
		err := s.Put(ctx, samples)
		var refused *metric.RefusedError
		if errors.As(err, &refused) {
			for reason := range refused.Reasons {
				out.refuse(reason, n)
			}
			return took, nil
		}
		if sr, _ := s.newestOf(p.Labels); err == nil && sr != nil && n == backfillFlush {
			err = s.flushSeries(ctx, sr)
		}
		if err != nil {
			return took, err
		}
		took += n
		p.Points = p.Points[n:]
	}
	return took, nil
}

// possible returns the points but for those of the future and those that are no
// numbers.
func (s *Store) possible(points []PastPoint, out *Backfilled) []PastPoint {
	future := s.cfg.Now().Add(s.cfg.FutureLimit).UnixMilli()
	return slices.DeleteFunc(points, func(n PastPoint) bool {
		switch {
		case n.At > future:
			out.refuse(reasonFuture, 1)
		case math.IsNaN(n.Value) || math.IsInf(n.Value, 0):
			out.refuse(reasonFinite, 1)
		default:
			return false
		}
		return true
	})
}

func timingSamples(l labels.Labels, points []PastPoint) []metric.Sample {
	var out []metric.Sample
	for _, n := range points {
		out = append(out, metric.Sample{Labels: l, Kind: metric.Timing, At: n.At, Start: n.From, Sketch: n.Sketch})
	}
	return out
}

// lastSample is the last point of a gauge; of a counter where its source stands,
// or where it stood here, with all that was counted since.
func (s *Store) lastSample(p Past) metric.Sample {
	last := p.Points[len(p.Points)-1]
	sm := metric.Sample{Labels: p.Labels, Kind: p.Kind, At: last.At, Value: last.Value}
	switch {
	case p.Kind == metric.Counter && p.Stand > 0:
		sm.Value = p.Stand
	case p.Kind == metric.Counter:
		sm.Value, sm.Start = s.standOf(p.Labels)
		for _, n := range p.Points {
			sm.Value += n.Value
		}
	}
	return sm
}

// standOf returns the raw value of a counter, and its start.
func (s *Store) standOf(l labels.Labels) (raw float64, start int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if sr := s.index.lookup(l); sr != nil && sr.kind == metric.Counter {
		return sr.counter.Raw, sr.counter.Start
	}
	return 0, 0
}

func (s *Store) flushSeries(ctx context.Context, sr *series) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	return s.flushLocked(ctx, sr.appendArchives(nil))
}
