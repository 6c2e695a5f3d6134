package rrdstore

import (
	"iter"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// view is a series as PromQL sees it: one column of what is stored. A gauge or
// a counter has one view, a timing one for each column.
type view struct {
	labels labels.Labels
	series *series
	column int
}

// index finds views by their labels. Store.mu guards it. Numbers of views only
// grow, so posting lists are sorted by being appended to.
type index struct {
	views    []view
	byHash   map[uint64]uint32              // the first view with a hash of its labels
	clashing map[uint64][]uint32            // the others, where there are any
	postings map[string]map[string][]uint32 // label name, value, views
}

func newIndex() *index {
	return &index{
		byHash: map[uint64]uint32{}, clashing: map[uint64][]uint32{},
		postings: map[string]map[string][]uint32{},
	}
}

func viewsOf(sr *series) []view {
	if sr.kind != metric.Timing {
		return []view{{labels: sr.labels, series: sr}}
	}
	views := make([]view, 0, len(timerDS))
	for i, q := range metric.Quantiles {
		views = append(views, view{metric.QuantileLabels(sr.labels, q), sr, i})
	}
	for i, name := range timerDS[len(metric.Quantiles):] {
		views = append(views, view{metric.SuffixLabels(sr.labels, "_"+name), sr, len(metric.Quantiles) + i})
	}
	return views
}

func (x *index) add(sr *series) {
	for _, v := range viewsOf(sr) {
		id := uint32(len(x.views))
		x.views = append(x.views, v)
		h := v.labels.Hash()
		if _, is := x.byHash[h]; is {
			x.clashing[h] = append(x.clashing[h], id)
		} else {
			x.byHash[h] = id
		}
		v.labels.Range(func(l labels.Label) {
			values := x.postings[l.Name]
			if values == nil {
				values = map[string][]uint32{}
				x.postings[l.Name] = values
			}
			values[l.Value] = append(values[l.Value], id)
		})
	}
}

// replace puts a series into the place of one with the same labels and one view.
func (x *index) replace(old, n *series) {
	for id := range x.withHash(n.labels.Hash()) {
		if x.views[id].series == old {
			x.views[id].series = n
		}
	}
}

// taken tells whether a view with labels l is there.
func (x *index) taken(l labels.Labels) bool {
	for id := range x.withHash(l.Hash()) {
		if labels.Equal(x.views[id].labels, l) {
			return true
		}
	}
	return false
}

// withHash yields the views whose labels have the hash h.
func (x *index) withHash(h uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		id, is := x.byHash[h]
		if !is || !yield(id) {
			return
		}
		for _, id := range x.clashing[h] {
			if !yield(id) {
				return
			}
		}
	}
}

// find returns the views that all matchers match, in the order of their making.
func (x *index) find(ms []*labels.Matcher) []view {
	ids, all := x.candidates(ms)
	var found []view
	if all {
		for _, v := range x.views {
			if matchAll(v.labels, ms) {
				found = append(found, v)
			}
		}
		return found
	}
	for _, id := range ids {
		if matchAll(x.views[id].labels, ms) {
			found = append(found, x.views[id])
		}
	}
	return found
}

// candidates returns the views of the matcher with the fewest, or all of them
// when no matcher demands that its label be there.
func (x *index) candidates(ms []*labels.Matcher) (best []uint32, all bool) {
	all = true
	for _, m := range ms {
		if m.Matches("") {
			continue
		}
		ids := x.matching(m)
		if all || len(ids) < len(best) {
			best, all = ids, false
		}
	}
	return best, all
}

func (x *index) matching(m *labels.Matcher) []uint32 {
	values := x.postings[m.Name]
	if m.Type == labels.MatchEqual {
		return values[m.Value]
	}
	var ids []uint32
	for value, list := range values {
		if m.Matches(value) {
			ids = append(ids, list...)
		}
	}
	slices.Sort(ids)
	return ids
}

func matchAll(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func (x *index) labelNames(ms []*labels.Matcher) []string {
	var names []string
	if len(ms) == 0 {
		for name := range x.postings {
			names = append(names, name)
		}
	}
	if len(ms) > 0 {
		for _, v := range x.find(ms) {
			v.labels.Range(func(l labels.Label) { names = append(names, l.Name) })
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (x *index) labelValues(name string, ms []*labels.Matcher) []string {
	var values []string
	if len(ms) == 0 {
		for value := range x.postings[name] {
			values = append(values, value)
		}
	}
	if len(ms) > 0 {
		for _, v := range x.find(ms) {
			if value := v.labels.Get(name); value != "" {
				values = append(values, value)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
