package remote

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// tail is what was Put and may not be seen at the engine yet, in memory, so that
// it can be read at once: with each series its points, and here how much that is.
// When it grows too large the oldest goes; it is seen when the engine has it.
// The Sink's mutex guards it.
type tail struct {
	limit   int64
	bytes   int64
	from    uint64       // records below it are not in the tail
	records []tailRecord // oldest first
	whole   int64        // all samples that are newer, in ms, are in the tail
}

type tailRecord struct {
	seq    uint64
	bytes  int64
	newest int64
}

// held is a point as it was sent, or the timing that is read as several.
type held struct {
	seq    uint64
	at     int64
	value  float64
	timing *entry
}

const (
	heldBytes   = 32
	timingBytes = 1024 // with its sketch, about
)

// hold keeps what a record has of a series.
func (t *tail) hold(sr *series, seq uint64, e entry) {
	if len(sr.recent) > 0 && sr.recent[0].seq < t.from {
		t.trim(sr)
	}
	size, before := int64(heldBytes), len(sr.recent)
	if e.Kind == metric.Timing {
		e.Labels = sr.labels
		sr.recent = append(sr.recent, held{seq: seq, at: e.At, timing: &e})
		size += timingBytes
	} else {
		if e.standAt > 0 {
			sr.recent = append(sr.recent, held{seq: seq, at: e.standAt, value: e.stood})
		}
		sr.recent = append(sr.recent, held{seq: seq, at: e.At, value: e.sent()})
		size *= int64(len(sr.recent) - before)
	}
	if n := len(t.records); n == 0 || t.records[n-1].seq != seq {
		t.records = append(t.records, tailRecord{seq: seq})
	}
	r := &t.records[len(t.records)-1]
	r.bytes, r.newest = r.bytes+size, max(r.newest, e.At)
	t.bytes += size
}

// trim drops what is no longer in the tail.
func (t *tail) trim(sr *series) {
	kept := slices.IndexFunc(sr.recent, func(h held) bool { return h.seq >= t.from })
	switch {
	case kept < 0:
		sr.recent = nil
	case kept > 0:
		sr.recent = append(make([]held, 0, len(sr.recent)-kept+1), sr.recent[kept:]...)
	}
}

// drop takes records off the front while they are below next.
func (t *tail) drop(next uint64) {
	n := 0
	for ; n < len(t.records) && t.records[n].seq < next; n++ {
		t.bytes -= t.records[n].bytes
		t.whole = max(t.whole, t.records[n].newest)
	}
	t.records = slices.Delete(t.records, 0, n)
	t.from = max(t.from, next)
}

// shorten brings the tail below its limit, and some way further, so that it does
// not have to go through all series each time.
func (t *tail) shorten(all table) {
	if t.bytes <= t.limit {
		return
	}
	left, n := t.bytes, 0
	for ; n < len(t.records) && left > t.limit/4*3; n++ {
		left -= t.records[n].bytes
	}
	t.drop(t.records[n-1].seq + 1)
	t.clean(all)
}

// clean gives the memory of what has left the tail back.
func (t *tail) clean(all table) {
	for sr := range all.all {
		if len(sr.recent) > 0 && sr.recent[0].seq < t.from {
			t.trim(sr)
		}
	}
}

// wanted are the points that a query wants of the tail.
type wanted struct {
	from, to int64 // in ms
	matchers []*labels.Matcher
	// newest asks for the newest point of each series too, be it in the tail or
	// not, as when the engine cannot tell it.
	newest bool
}

// unseen returns the points that the engine may not show yet. Whole tells whether
// no other points can be between from and to; when the newest are asked for,
// whether each is the newest up to the instant to.
func (s *Sink) unseen(q wanted) (found []metric.Series, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole = q.from > s.tail.whole
	newest := q.newest && q.from > s.knows
	for sr := range s.series.all {
		if len(sr.recent) == 0 && (!q.newest || sr.last < q.from) {
			continue
		}
		matched := false
		for i, l := range sr.read(q.matchers) {
			matched = true
			if points := sr.points(i, q); len(points) > 0 {
				found = append(found, metric.Series{Labels: l, Points: points})
			}
		}
		newest = newest && (!matched || sr.last <= q.to || len(sr.recent) > 0 && sr.recent[0].at <= q.to)
	}
	return found, whole || newest
}

// read yields the labels that a series is read under and that match, with the
// number of the column.
func (sr *series) read(ms []*labels.Matcher) func(yield func(int, labels.Labels) bool) {
	return func(yield func(int, labels.Labels) bool) {
		if sr.kind != metric.Timing {
			if matches(sr.labels, ms) {
				yield(0, sr.labels)
			}
			return
		}
		common := slices.DeleteFunc(slices.Clone(ms), func(m *labels.Matcher) bool {
			return m.Name == metric.NameLabel || m.Name == "quantile"
		})
		if !matches(sr.labels, common) {
			return
		}
		for i := range columns {
			if l := columnLabels(sr.labels, i); matches(l, ms) && !yield(i, l) {
				return
			}
		}
	}
}

func matches(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

// points returns what is held of a column.
func (sr *series) points(column int, q wanted) (points []metric.Point) {
	add := func(at int64, v float64, ok bool) {
		if ok && at >= q.from && at <= q.to {
			points = append(points, metric.Point{At: at, Value: v})
		}
	}
	for _, h := range sr.recent {
		if h.timing == nil {
			add(h.at, h.value, true)
			continue
		}
		if column >= columnSum && h.timing.standAt > 0 {
			add(h.timing.standAt, 0, true)
		}
		v, ok := h.timing.column(column)
		add(h.at, v, ok)
	}
	if n := len(sr.recent); q.newest && (n == 0 || sr.recent[n-1].at < sr.last) {
		v, ok := sr.newest(column)
		add(sr.last, v, ok)
	}
	return points
}

// newest returns the value of the last sample.
func (sr *series) newest(column int) (v float64, ok bool) {
	if sr.kind != metric.Timing {
		return sr.value, sr.last > 0
	}
	if sr.sketch == nil {
		return 0, false
	}
	return entry{Sample: metric.Sample{Sketch: sr.sketch}, sum: sr.sum, count: sr.count}.column(column)
}
