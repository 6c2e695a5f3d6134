package rrdstore

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

const quantileLabel = "quantile"

// quantileNames are the values of that label in the order of metric.Quantiles.
var quantileNames = [len(metric.Quantiles)]string{"0.05", "0.25", "0.5", "0.75", "0.95", "0.99"}

// suffixes of the names that the columns behind the quantiles are read under.
var suffixes = [len(timerDS) - columnMin]string{"_min", "_max", "_sum", "_count", "_stddev"}

// view is a series as PromQL sees it: one column of what is stored. A gauge or
// a counter has one view, a timing one for each column. Its labels are made when
// they are asked for: to keep those of eleven views would take more memory than
// all else that is known of a timing but its sketches.
type view struct {
	series *series
	column int
}

// labels returns the labels of the view, made with b.
func (v view) labels(b *labels.Builder) labels.Labels {
	if !v.series.isTiming() {
		return v.series.labels
	}
	b.Reset(v.series.labels)
	if v.column < columnMin {
		return b.Set(quantileLabel, quantileNames[v.column]).Labels()
	}
	return b.Set(metric.NameLabel, v.value(metric.NameLabel)).Labels()
}

// value returns the value of one label, "" if the view does not have it.
func (v view) value(name string) string {
	own := v.series.labels.Get(name)
	switch {
	case !v.series.isTiming():
	case name == metric.NameLabel && v.column >= columnMin:
		return own + suffixes[v.column-columnMin]
	case name == quantileLabel && v.column < columnMin:
		return quantileNames[v.column]
	}
	return own
}

func viewsOf(sr *series) []view {
	if !sr.isTiming() {
		return []view{{series: sr}}
	}
	views := make([]view, len(timerDS))
	for i := range views {
		views[i] = view{sr, i}
	}
	return views
}

// appendViews appends the views of a series that all matchers match.
func appendViews(found []view, sr *series, ms []*labels.Matcher) []view {
	switch {
	case sr.isTiming():
		return appendColumns(found, sr, ms)
	case matchAll(sr.labels, ms):
		return append(found, view{series: sr})
	}
	return found
}

// appendColumns asks the matchers once for what several columns have in common.
func appendColumns(found []view, sr *series, ms []*labels.Matcher) []view {
	for _, m := range ms {
		if m.Name != metric.NameLabel && m.Name != quantileLabel && !m.Matches(sr.labels.Get(m.Name)) {
			return found
		}
	}
	name := sr.labels.Get(metric.NameLabel)
	if matchSuffixed(ms, name, "") {
		for i, q := range quantileNames {
			if matchValue(ms, quantileLabel, q) {
				found = append(found, view{sr, i})
			}
		}
	}
	if matchValue(ms, quantileLabel, sr.labels.Get(quantileLabel)) {
		for i, suffix := range suffixes {
			if matchSuffixed(ms, name, suffix) {
				found = append(found, view{sr, columnMin + i})
			}
		}
	}
	return found
}

// matchValue asks those matchers that look at one label.
func matchValue(ms []*labels.Matcher, label, value string) bool {
	for _, m := range ms {
		if m.Name == label && !m.Matches(value) {
			return false
		}
	}
	return true
}

// matchSuffixed asks those that look at the name, and puts the parts of it
// together only where it must.
func matchSuffixed(ms []*labels.Matcher, name, suffix string) bool {
	for _, m := range ms {
		if m.Name == metric.NameLabel && !matchName(m, name, suffix) {
			return false
		}
	}
	return true
}

func matchName(m *labels.Matcher, name, suffix string) bool {
	if m.Type == labels.MatchEqual {
		rest, is := strings.CutPrefix(m.Value, name)
		return is && rest == suffix
	}
	return m.Matches(name + suffix)
}

func matchAll(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}
