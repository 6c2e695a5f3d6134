package rrdstore

import (
	"errors"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

const maxLabelBytes = 4096

// batch is a Put in the making: nothing of the store changes before its record
// is in the journal.
type batch struct {
	store   *Store
	future  int64
	entries []entry
	next    int                 // the place in the index behind the series found last
	fresh   catalog             // of series that are to be made
	changed map[*series]*series // to the one of another kind
	taken   map[share]int       // of quotas, by the series that are to be made
	refused *metric.RefusedError
}

// accept adds a sample to the batch, or returns why not.
func (b *batch) accept(sm *metric.Sample) string {
	if reason := b.checkValue(sm); reason != "" {
		return reason
	}
	sr, reason := b.seriesOf(sm)
	if reason != "" {
		return reason
	}
	switch newest := max(sr.last, sr.newest); {
	case sm.At == newest:
		return reasonDuplicate
	case sm.At < newest:
		return reasonLate
	}
	if sr.full(b.store.cfg.MaxPerArchive) || b.full() {
		return reasonBuffer
	}
	sr.newest = sm.At
	e := entry{series: sr, at: sm.At, start: sm.Start, value: sm.Value, sketch: sm.Sketch}
	if math.IsNaN(e.value) {
		e.value = math.NaN() // one NaN: a marker of silence is an unknown value
	}
	b.entries = append(b.entries, e)
	return ""
}

func (b *batch) checkValue(sm *metric.Sample) string {
	switch {
	case sm.At <= 0:
		return reasonTime
	case sm.At > b.future:
		return reasonFuture
	case sm.Kind == metric.Timing && sm.Sketch == nil:
		return reasonEmpty
	case sm.Kind == metric.Timing:
		return ""
	case math.IsInf(sm.Value, 0), math.IsNaN(sm.Value) && !value.IsStaleNaN(sm.Value):
		return reasonFinite
	case sm.Kind == metric.Counter && sm.Value < 0:
		return reasonNegative
	}
	return ""
}

// seriesOf returns the series of a sample, made for this batch if it is new.
func (b *batch) seriesOf(sm *metric.Sample) (*series, string) {
	sr := b.known(sm.Labels)
	if sr == nil {
		sr = b.fresh.lookup(sm.Labels)
	}
	if sr == nil {
		var reason string
		if sr, reason = b.make(sm); reason != "" {
			return nil, reason
		}
	}
	n := b.changed[sr]
	again := n != nil
	if again {
		sr = n
	}
	if sr.kind == sm.Kind {
		return sr, ""
	}
	if n = b.store.ofKind(sr, sm.Kind); n == nil || again {
		return nil, reasonKind
	}
	if b.changed == nil {
		b.changed = map[*series]*series{}
	}
	b.changed[sr] = n
	return n, ""
}

// known returns the series of the store with labels l. A sender tells its series
// in the same order again and again, and so they came into the index: to look at
// the one behind the last spares the search.
func (b *batch) known(l labels.Labels) *series {
	all := b.store.index.series
	if b.next < len(all) && labels.Equal(all[b.next].labels, l) {
		b.next++
		return all[b.next-1]
	}
	sr := b.store.index.lookup(l)
	if sr != nil {
		b.next = int(sr.ref)
	}
	return sr
}

func (b *batch) make(sm *metric.Sample) (*series, string) {
	if !validLabels(sm.Labels) {
		return nil, reasonLabels
	}
	if len(b.store.index.series)+len(b.fresh.series) >= b.store.cfg.MaxSeries {
		return nil, reasonLimit
	}
	sr := b.store.newSeries(sm.Labels.Copy(), sm.Kind)
	if b.clashes(sr) {
		return nil, reasonTaken
	}
	if len(b.store.quotas.all) > 0 {
		if b.taken == nil {
			b.taken = map[share]int{}
		}
		if !b.store.quotas.take(sm.Labels, b.taken) {
			return nil, reasonQuota
		}
	}
	switch woken, err := b.store.wakeLocked(sm.Labels, b.clashes); {
	case woken != nil:
		b.store.wakeErrors(err)
		return woken, ""
	case errors.Is(err, errTaken):
		return nil, reasonTaken
	case err != nil:
		b.store.wakeErrors(err)
		return nil, reasonBuffer
	}
	if b.fresh.series == nil {
		b.fresh = newCatalog()
	}
	b.fresh.add(sr)
	return sr, ""
}

// clashes tells whether a series would be read under a name that another has:
// a timing t beside a counter t_count.
func (b *batch) clashes(sr *series) bool {
	var made labels.Builder
	for _, v := range viewsOf(sr) {
		if l := v.labels(&made); b.store.index.taken(l) || b.fresh.taken(l) {
			return true
		}
	}
	return false
}

func validLabels(l labels.Labels) bool {
	size, ok := 0, true
	l.Range(func(l labels.Label) {
		size += len(l.Name) + len(l.Value)
		ok = ok && l.Value != ""
	})
	return ok && size <= maxLabelBytes && l.Get(model.MetricNameLabel) != "" && l.IsValid(model.UTF8Validation)
}

// entryBytes is about what an entry of a batch takes once it waits.
const entryBytes = 64

// full tells whether memory is.
func (b *batch) full() bool {
	return b.store.buffered+entryBytes*len(b.entries) >= 2*b.store.cfg.MaxBufferedBytes
}

// full tells whether too many points wait for an archive of the series.
func (sr *series) full(limit int) bool {
	for i := range sr.archives {
		if sr.archives[i].pending.Len() >= limit {
			return true
		}
	}
	return false
}
