package otlp

import (
	"container/list"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// totals keep what a series has come to: the running total of deltas, and of a
// cumulative histogram what it was last. They are of so many as are bounded;
// beyond that the one that was used longest ago is forgotten, which costs nothing
// of a delta: its total begins anew, and says so.
type totals struct {
	limit int

	mu    sync.Mutex // guards what follows
	by    map[uint64]*list.Element
	order *list.List // of *total, the last used first

	buckets int // of all histograms
}

type total struct {
	series uint64 // the hash of its labels
	value  float64
	start  int64 // where value stood at zero, in ms
	at     int64
	last   *history // of a cumulative histogram
}

func (t *total) buckets() int {
	if t.last == nil {
		return 0
	}
	return bucketsOf(t.last.is)
}

func newTotals(limit int) *totals {
	return &totals{limit: limit, by: map[uint64]*list.Element{}, order: list.New()}
}

// add adds what came from start to at, in ms, and returns the total and where it
// began. One that is not newer than the last is not added.
func (t *totals) add(l labels.Labels, start, at int64, v float64) (value float64, began int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	it, known := t.useLocked(l.Hash())
	switch {
	case !known:
		it.start = start
	case at <= it.at:
		return 0, 0, false
	}
	it.value += v
	it.at = at
	return it.value, it.start, true
}

// useLocked returns a series' total, a new one if there is none.
func (t *totals) useLocked(series uint64) (it *total, known bool) {
	if e := t.by[series]; e != nil {
		t.order.MoveToFront(e)
		return e.Value.(*total), true
	}
	if len(t.by) >= t.limit {
		t.dropLocked(t.order.Back())
	}
	it = &total{series: series}
	t.by[series] = t.order.PushFront(it)
	return it, false
}

func (t *totals) dropLocked(e *list.Element) {
	it := e.Value.(*total)
	t.buckets -= it.buckets()
	delete(t.by, it.series)
	t.order.Remove(e)
}

// forget forgets the series of samples that could not be put: their sender will
// send them again.
func (t *totals) forget(samples []metric.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range samples {
		e := t.by[s.Labels.Hash()]
		if e != nil && e.Value.(*total).last == nil {
			t.dropLocked(e)
		}
	}
}

func (t *totals) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.by)
}
