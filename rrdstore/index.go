package rrdstore

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// index finds views by their labels. Store.mu guards it. It knows the labels of
// series: what the views of a timing have in their place is worked out when one
// is looked for.
type index struct {
	catalog
	plain, timed postings // gauges and counters; timings
}

func newIndex() *index {
	return &index{catalog: newCatalog(), plain: postings{}, timed: postings{}}
}

// postings are the numbers of series by label name and value. Numbers only grow,
// so lists are sorted by being appended to.
type postings map[string]map[string][]uint32

func (p postings) add(id uint32, l labels.Labels) {
	l.Range(func(l labels.Label) {
		values := p[l.Name]
		if values == nil {
			values = map[string][]uint32{}
			p[l.Name] = values
		}
		values[l.Value] = append(values[l.Value], id)
	})
}

// matching returns the series with a label that m matches.
func (p postings) matching(m *labels.Matcher) []uint32 {
	if m.Type == labels.MatchEqual {
		return p[m.Name][m.Value]
	}
	return p.where(m.Name, m.Matches)
}

// where returns the series with a value of the label for which is holds.
func (p postings) where(label string, is func(value string) bool) (ids []uint32) {
	for value, list := range p[label] {
		if is(value) {
			ids = append(ids, list...)
		}
	}
	slices.Sort(ids)
	return ids
}

func (x *index) add(sr *series) {
	id := x.catalog.add(sr)
	if sr.isTiming() {
		x.timed.add(id, sr.labels)
	} else {
		x.plain.add(id, sr.labels)
	}
}

// find returns the views that all matchers match, those of timings last.
func (x *index) find(ms []*labels.Matcher) (found []view) {
	found = x.choose(found, ms, false, x.plain.matching)
	if len(x.timed) > 0 {
		found = x.choose(found, ms, true, x.timings)
	}
	return found
}

// choose appends what all matchers match of the timings, or of the others: it
// looks at the series of the matcher with the fewest, or at all when no matcher
// demands that its label be there.
func (x *index) choose(found []view, ms []*labels.Matcher, timing bool, matching func(*labels.Matcher) []uint32) []view {
	var best []uint32
	all := true
	for _, m := range ms {
		if m.Matches("") || timing && m.Name == quantileLabel { // every timing has quantiles
			continue
		}
		ids := matching(m)
		if all || len(ids) < len(best) {
			best, all = ids, false
		}
	}
	if !all {
		for _, id := range best {
			found = appendViews(found, x.series[id], ms)
		}
		return found
	}
	for _, sr := range x.series {
		if sr.isTiming() == timing {
			found = appendViews(found, sr, ms)
		}
	}
	return found
}

// timings returns the timings with a view whose label m matches; m looks at
// another label than the quantile.
func (x *index) timings(m *labels.Matcher) []uint32 {
	if m.Name != metric.NameLabel {
		return x.timed.matching(m)
	}
	if m.Type != labels.MatchEqual {
		return x.timed.where(m.Name, func(name string) bool {
			return m.Matches(name) || slices.ContainsFunc(suffixes[:], func(suffix string) bool { return m.Matches(name + suffix) })
		})
	}
	names := x.timed[m.Name]
	ids := names[m.Value]
	for _, suffix := range suffixes {
		base, is := strings.CutSuffix(m.Value, suffix)
		switch more := names[base]; {
		case !is || len(more) == 0:
		case len(ids) == 0:
			ids = more
		default: // as for t_max beside t
			ids = slices.Concat(ids, more)
		}
	}
	return ids
}

func (x *index) labelNames(ms []*labels.Matcher) []string {
	var names []string
	if len(ms) == 0 {
		names = slices.AppendSeq(slices.Collect(maps.Keys(x.plain)), maps.Keys(x.timed))
		if len(x.timed) > 0 {
			names = append(names, quantileLabel)
		}
	}
	if len(ms) > 0 {
		for _, v := range x.find(ms) {
			v.series.labels.Range(func(l labels.Label) { names = append(names, l.Name) })
			if v.series.isTiming() && v.column < columnMin {
				names = append(names, quantileLabel)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (x *index) labelValues(name string, ms []*labels.Matcher) []string {
	var values []string
	if len(ms) == 0 {
		values = x.allValues(name)
	}
	if len(ms) > 0 {
		for _, v := range x.find(ms) {
			if value := v.value(name); value != "" {
				values = append(values, value)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// allValues returns the values that a label has in any view, some more than once.
func (x *index) allValues(name string) []string {
	values := slices.AppendSeq(slices.Collect(maps.Keys(x.plain[name])), maps.Keys(x.timed[name]))
	switch {
	case len(x.timed) == 0:
	case name == quantileLabel:
		values = append(values, quantileNames[:]...)
	case name == metric.NameLabel:
		for base := range x.timed[name] {
			for _, suffix := range suffixes {
				values = append(values, base+suffix)
			}
		}
	}
	return values
}
