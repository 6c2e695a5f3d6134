package history

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// series is what is known of one.
type series struct {
	labels labels.Labels
	kind   metric.Kind
	events bool // its cells add up
}

// catalog knows the series in the order in which they came.
type catalog struct {
	all   []series
	byKey map[string]uint32
	key   []byte
}

// find returns the number of a series, made if it is new. l is kept.
func (s *sorter) find(l labels.Labels, kind metric.Kind, events bool) (uint32, verdict) {
	if !s.options.Labels.IsEmpty() {
		b := labels.NewBuilder(l)
		s.options.Labels.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
		l = b.Labels()
	}
	s.key = l.Bytes(s.key[:0])
	if id, known := s.byKey[string(s.key)]; known {
		if sr := &s.all[id]; sr.kind != kind || sr.events != events {
			return 0, bad("kind changed", "%s is a %s", l, sr.kind)
		}
		return id, verdict{}
	}
	switch {
	case l.Get(metric.NameLabel) == "":
		return 0, bad("no name", "series %s has no name", l)
	case len(s.all) >= s.options.MaxSeries:
		return 0, bad("series limit", "more than %d series", s.options.MaxSeries)
	}
	id := uint32(len(s.all))
	s.byKey[string(s.key)] = id
	s.all = append(s.all, series{l, kind, events})
	s.stats.Series = len(s.all)
	return id, verdict{}
}

// maxMillis is the end of the year 9999.
const maxMillis = 253402300799999

// value takes a gauge's value, or a total.
func (s *sorter) value(id uint32, at int64, v float64) verdict {
	switch {
	case math.IsNaN(v):
		s.stats.skip("not a number")
		return verdict{}
	case math.IsInf(v, 0):
		s.stats.skip("infinite")
		return verdict{}
	case at <= 0 || at > maxMillis:
		return bad("invalid time", "%d ms", at)
	}
	s.put(cell{id: id, at: at, value: v})
	return verdict{}
}
