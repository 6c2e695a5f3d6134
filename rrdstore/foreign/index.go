package foreign

import (
	"slices"

	"plimsoll/internal/metric"

	"github.com/prometheus/prometheus/model/labels"
)

// index is the series of one walk, in the order of their labels. It does not
// change once it is made.
type index struct {
	series []entry
	byName map[string][]entry
	files  map[string]*file
}

// newIndex puts the series of files into an index. Of those with the same labels
// it takes the first, and returns the others.
func newIndex(files []*file) (x *index, twice []entry) {
	x = &index{byName: map[string][]entry{}, files: make(map[string]*file, len(files))}
	for _, f := range files {
		x.files[f.path] = f
		x.series = append(x.series, f.series...)
	}
	slices.SortStableFunc(x.series, func(a, b entry) int { return labels.Compare(a.labels, b.labels) })
	kept := x.series[:0]
	for _, e := range x.series {
		if n := len(kept); n > 0 && labels.Equal(kept[n-1].labels, e.labels) {
			twice = append(twice, e)
			continue
		}
		kept = append(kept, e)
	}
	x.series = kept
	for _, e := range x.series {
		name := e.labels.Get(metric.NameLabel)
		x.byName[name] = append(x.byName[name], e)
	}
	return x, twice
}

// find returns what all matchers match, in the order of the labels.
func (x *index) find(ms []*labels.Matcher) []entry {
	from := x.series
	for _, m := range ms {
		if m.Name == metric.NameLabel && m.Type == labels.MatchEqual && m.Value != "" {
			from = x.byName[m.Value]
		}
	}
	var found []entry
	for _, e := range from {
		if matches(e.labels, ms) {
			found = append(found, e)
		}
	}
	return found
}

func matches(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

// distinct returns, sorted and once each, what do tells of the found series.
func (x *index) distinct(ms []*labels.Matcher, do func(labels.Labels, func(string))) []string {
	all := map[string]struct{}{}
	for _, e := range x.find(ms) {
		do(e.labels, func(s string) { all[s] = struct{}{} })
	}
	out := make([]string, 0, len(all))
	for s := range all {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
