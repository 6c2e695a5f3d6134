package mapping

import (
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/statsd_exporter/pkg/mapper"
	"github.com/prometheus/statsd_exporter/pkg/mapper/fsm"

	"plimsoll/counterd/line"
)

// Mapper holds the rules of one file. It does not change, keeps nothing of the
// names it sees, and may be used by many goroutines.
type Mapper struct {
	rules   []rule
	globs   *fsm.FSM // finds the index of a rule
	regexes []int    // of rules, in their order
	ignored []string
}

// rule is one mapping with a library mapper that knows it alone: so its faults
// can be told by line, and the library's tables, which grow with the square of
// the rules, stay small.
type rule struct {
	mapper *mapper.MetricMapper
	drop   bool
	honor  bool
	scale  float64
}

// Result is what a rule makes of a name.
type Result struct {
	Name   string            // of the series, final
	Labels map[string]string // values may be empty
	Honor  bool              // a tag goes before the label of the same name
	Scale  float64           // each value is multiplied by it, times after they became seconds; 1 for none
	Drop   bool              // the line does not count; nothing else is set then
}

// metricTypes are the library's words for kinds.
var metricTypes = [line.Kinds]mapper.MetricType{
	line.Counter: mapper.MetricTypeCounter, line.OK: mapper.MetricTypeCounter, line.Fail: mapper.MetricTypeCounter,
	line.Gauge: mapper.MetricTypeGauge, line.Set: mapper.MetricTypeGauge,
	line.Millis: mapper.MetricTypeObserver, line.Value: mapper.MetricTypeObserver,
}

// Map says what becomes of the name raw of kind k; false when no rule is for it.
// It is meant for names seen for the first time: its time grows with the rules.
func (m *Mapper) Map(raw string, k line.Kind) (Result, bool) {
	if int(k) >= len(metricTypes) || !utf8.ValidString(raw) {
		return Result{}, false
	}
	t := metricTypes[k]
	if state, _ := m.globs.GetMapping(raw, string(t)); state != nil {
		if i, is := state.Result.(int); is {
			return m.rules[i].apply(raw, t)
		}
	}
	for _, i := range m.regexes {
		if _, _, matches := m.rules[i].mapper.GetMapping(raw, t); matches {
			return m.rules[i].apply(raw, t)
		}
	}
	return Result{}, false
}

func (r rule) apply(raw string, t mapper.MetricType) (Result, bool) {
	if r.drop {
		return Result{Drop: true}, true
	}
	mapping, set, matches := r.mapper.GetMapping(raw, t)
	if !matches {
		return Result{}, false
	}
	name := mapper.EscapeMetricName(mapping.Name)
	return Result{Name: name, Labels: set, Honor: r.honor, Scale: r.scale}, name != ""
}

// Ignored lists the options of the file that change nothing here.
func (m *Mapper) Ignored() []string { return m.ignored }

// Series makes the labels of the series for a line of kind k with these tags:
// the rule's labels go before tags, or after with Honor; "result" of a
// yes-or-no line before both.
func (r Result) Series(k line.Kind, tags []byte) (labels.Labels, line.Reason) {
	set, reason := line.Labels(k, r.Name, tags)
	if reason != line.Good {
		return set, reason
	}
	b := labels.NewBuilder(set)
	for key, value := range r.Labels {
		if r.Honor && set.Has(key) || key == "result" && (k == line.OK || k == line.Fail) {
			continue
		}
		b.Set(key, value)
	}
	return b.Labels(), line.Good
}
