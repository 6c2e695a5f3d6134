package rrdstore

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
)

// Quota bounds how many series there may be of those that match: with a label, of
// each value that it has; without, of all together. A series that there is stays;
// one more is refused.
type Quota struct {
	Label string `yaml:"label"`
	// Match is a pattern of names, or a PromQL selector, as in a Rule. "": all.
	Match string `yaml:"match"`
	Max   int    `yaml:"max"`
}

// name is what the quota is told by.
func (q Quota) name() string {
	switch {
	case q.Match == "":
		return q.Label
	case q.Label == "":
		return q.Match
	}
	return q.Label + " of " + q.Match
}

func (c *Config) validateQuotas(bad func(string, ...any)) {
	for i, q := range c.Quotas {
		if q.Label == "" && q.Match == "" {
			bad("quotas[%d]: has neither a label nor a match", i)
		}
		if q.Max < 1 {
			bad("quotas[%d].max: %d is not positive", i, q.Max)
		}
		if k := slices.IndexFunc(c.Quotas[:i], func(o Quota) bool { return o.Label == q.Label && o.Match == q.Match }); k >= 0 {
			bad("quotas[%d]: there is one of %q already, quotas[%d]", i, q.name(), k)
		}
		if q.Match == "" {
			continue
		}
		if _, err := (Rule{Match: q.Match}).matchers(); err != nil {
			bad("quotas[%d].match: %w", i, err)
		}
	}
}

// maxOffenders is how many values of a quota are told by name; the others are
// told of together, under otherOffenders.
const (
	maxOffenders   = 100
	otherOffenders = "__other__"
)

// quota is a Quota in use. Store.mu guards it.
type quota struct {
	Quota
	rule    classRule
	held    map[string]int    // series by value
	refused map[string]uint64 // samples by value
}

// quotas are all of a store.
type quotas struct {
	all     []*quota
	refused *prometheus.CounterVec
}

// newQuotas makes the quotas of a configuration that is valid.
func newQuotas(all []Quota) quotas {
	out := quotas{refused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plimsoll_rrdstore_quota_refused_samples_total",
		Help: "Samples refused, as their series would be one too many of a quota, by its name and the value of its label.",
	}, []string{"quota", "value"})}
	for _, q := range all {
		n := &quota{Quota: q, held: map[string]int{}, refused: map[string]uint64{}}
		if q.Match != "" {
			ms, err := (Rule{Match: q.Match}).matchers()
			if err != nil {
				panic("BUG: quotas were not validated: " + err.Error())
			}
			n.rule = classRule{pattern: q.Match, matchers: ms}
		}
		out.all = append(out.all, n)
	}
	return out
}

// valueOf returns what a series is counted under, if the quota is for it.
func (q *quota) valueOf(l labels.Labels) (value string, counts bool) {
	if q.Match != "" && !q.rule.matches(l) {
		return "", false
	}
	if q.Label == "" {
		return "", true
	}
	value = l.Get(q.Label)
	return value, value != ""
}

// add counts a series.
func (q *quotas) add(l labels.Labels) {
	for _, n := range q.all {
		if value, counts := n.valueOf(l); counts {
			n.held[value]++
		}
	}
}

// reset forgets all series.
func (q *quotas) reset() {
	for _, n := range q.all {
		clear(n.held)
	}
}

// share is a place in a quota.
type share struct {
	quota *quota
	value string
}

// take counts a new series of a batch, or returns false and notes who is over.
func (q *quotas) take(l labels.Labels, taken map[share]int) bool {
	for _, n := range q.all {
		value, counts := n.valueOf(l)
		if counts && n.held[value]+taken[share{n, value}] >= n.Max {
			q.refuse(n, value)
			return false
		}
	}
	for _, n := range q.all {
		if value, counts := n.valueOf(l); counts {
			taken[share{n, value}]++
		}
	}
	return true
}

func (q *quotas) refuse(n *quota, value string) {
	if _, known := n.refused[value]; !known && len(n.refused) >= maxOffenders {
		value = otherOffenders
	}
	n.refused[value]++
	q.refused.WithLabelValues(n.name(), value).Inc()
}

// Offender is a value of a quota's label that had samples refused.
type Offender struct {
	Quota   string `json:"quota"`
	Value   string `json:"value"` // "": the quota has no label
	Series  int    `json:"series"`
	Max     int    `json:"max"`
	Refused uint64 `json:"refused"` // samples since the start
}

// offenders returns those with the most samples refused first.
func (q *quotas) offenders() []Offender {
	out := []Offender{}
	for _, n := range q.all {
		for value, refused := range n.refused {
			out = append(out, Offender{n.name(), value, n.held[value], n.Max, refused})
		}
	}
	slices.SortFunc(out, func(a, b Offender) int {
		return cmp.Or(cmp.Compare(b.Refused, a.Refused), cmp.Compare(a.Quota, b.Quota), cmp.Compare(a.Value, b.Value))
	})
	return out
}
