package rrdstore

import (
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
	number  uint64
	future  int64
	entries []entry
	fresh   []*series
	byHash  map[uint64][]view // what the fresh series will be read as
	bySelf  map[uint64][]*series
	changed map[*series]*series // to the one of another kind
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
	last := sr.last
	if sr.batch == b.number {
		last = sr.newest
	}
	if sm.At <= last {
		return reasonLate
	}
	if sr.full(b.store.cfg.MaxPerArchive) || b.store.buffered+len(b.entries) >= 2*b.store.cfg.MaxBuffered {
		return reasonBuffer
	}
	sr.batch, sr.newest = b.number, sm.At
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
	sr := b.store.findLocked(sm.Labels)
	if sr == nil {
		sr = b.findFresh(sm.Labels)
	}
	if sr == nil {
		return b.make(sm)
	}
	if n := b.changed[sr]; n != nil {
		sr = n
	}
	if sr.kind == sm.Kind {
		return sr, ""
	}
	n := b.store.ofKind(sr, sm.Kind)
	if n == nil || sr.replaces != nil {
		return nil, reasonKind
	}
	if b.changed == nil {
		b.changed = map[*series]*series{}
	}
	b.changed[sr] = n
	return n, ""
}

func (b *batch) make(sm *metric.Sample) (*series, string) {
	if !validLabels(sm.Labels) {
		return nil, reasonLabels
	}
	if len(b.store.series)+len(b.fresh) >= b.store.cfg.MaxSeries {
		return nil, reasonLimit
	}
	sr := b.store.newSeries(sm.Labels.Copy(), sm.Kind)
	if b.clashes(sr) {
		return nil, reasonTaken
	}
	b.remember(sr)
	return sr, ""
}

func (b *batch) findFresh(l labels.Labels) *series {
	for _, sr := range b.bySelf[l.Hash()] {
		if labels.Equal(sr.labels, l) {
			return sr
		}
	}
	return nil
}

func (b *batch) remember(sr *series) {
	if b.bySelf == nil {
		b.bySelf, b.byHash = map[uint64][]*series{}, map[uint64][]view{}
	}
	b.fresh = append(b.fresh, sr)
	h := sr.labels.Hash()
	b.bySelf[h] = append(b.bySelf[h], sr)
	for _, v := range viewsOf(sr) {
		h := v.labels.Hash()
		b.byHash[h] = append(b.byHash[h], v)
	}
}

// clashes tells whether a series would be read under a name that another has:
// a timing t beside a counter t_count.
func (b *batch) clashes(sr *series) bool {
	for _, v := range viewsOf(sr) {
		if b.store.index.taken(v.labels) {
			return true
		}
		for _, other := range b.byHash[v.labels.Hash()] {
			if labels.Equal(v.labels, other.labels) {
				return true
			}
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

// full tells whether too many points wait for an archive of the series.
func (sr *series) full(limit int) bool {
	for _, a := range sr.archives {
		if a.pending.len() >= limit {
			return true
		}
	}
	return false
}
