package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Prometheus is what a rule of a rule file has that ours have not.
type Prometheus struct {
	// QueryOffset is how long before the instant of the look the rule looks.
	QueryOffset time.Duration
	// Limit is how many instances are an error; 0: as many as MaxFileInstances.
	Limit    int
	External External
}

// MaxFileInstances bounds the instances of a rule of a rule file without a limit.
const MaxFileInstances = 10 * MaxInstances

// errTwins is Prometheus' ErrDuplicateAlertLabelSet.
var errTwins = errors.New("vector contains metrics with the same labelset after applying alert labels")

// newPrometheus makes a rule whose texts rulefmt has parsed; what goes wrong
// when they are filled in is told in the text, as in Prometheus.
func newPrometheus(c Config) *Rule {
	return &Rule{Config: c, given: c, annotations: templates(c.Name, c.Annotations), labels: templates(c.Name, c.Labels)}
}

func templates(rule string, texts map[string]string) map[string]*Template {
	out := make(map[string]*Template, len(texts))
	for name, text := range texts {
		out[name] = &Template{"__alert_" + rule, defined, text}
	}
	return out
}

// lookAsPrometheus judges as Prometheus does: an instance is known by all its
// labels, those of the rule among them, and one that is not in the answer is
// good, whatever the reason.
func (r *Rule) lookAsPrometheus(ctx context.Context, q metric.Querier, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	series, err := ask(ctx, q, r.Expr, at.Add(-r.Prometheus.QueryOffset))
	if err != nil {
		return nil, fmt.Errorf("expr: %w", err)
	}
	seen := make(map[string]bool, len(series))
	out := make([]Sighting, 0, len(series))
	var tooMany error
	for _, s := range series {
		found := r.sight(ctx, q, s, at)
		if seen[found.Key] {
			return nil, errTwins
		}
		seen[found.Key] = true
		if _, old := known[found.Key]; !old && len(out) >= MaxFileInstances {
			tooMany = fmt.Errorf("%w: %d, and %d is the limit", ErrTooMany, len(series), MaxFileInstances)
			continue
		}
		out = append(out, found)
	}
	if n := len(seen); r.Prometheus.Limit > 0 && n > r.Prometheus.Limit {
		return nil, fmt.Errorf("exceeded limit of %d with %d alerts", r.Prometheus.Limit, n)
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if !seen[key] {
			out = append(out, Sighting{Key: key, Labels: known[key], Verdict: state.Good, Absent: true})
		}
	}
	return out, tooMany
}

// sight fills in the texts for one element of the answer.
func (r *Rule) sight(ctx context.Context, q metric.Querier, s metric.Series, at time.Time) Sighting {
	value := s.Points[len(s.Points)-1].Value
	speaks := Values{Labels: s.Labels.Map(), Value: value, At: at, External: r.Prometheus.External}
	speaks.Query = func(ctx context.Context, expr string, at time.Time) ([]metric.Series, error) {
		return ask(ctx, q, expr, at)
	}
	b := labels.NewBuilder(s.Labels).Del(model.MetricNameLabel)
	for name, t := range r.labels {
		b.Set(name, t.Expand(ctx, speaks))
	}
	b.Del(model.AlertNameLabel) // the rule's name, whatever the series says
	lbls := b.Labels()
	found := Sighting{
		Key: lbls.String(), Labels: lbls.Map(), Verdict: state.Bad, Value: finite(value),
		Severity: SeverityOf(lbls.Get(severityLabel)), Annotations: make(map[string]string, len(r.annotations)),
	}
	for name, t := range r.annotations {
		found.Annotations[name] = t.Expand(ctx, speaks)
	}
	found.Summary = r.headline(found.Annotations, value)
	found.Runbook = cmp.Or(found.Annotations["runbook_url"], found.Annotations[RunbookAnnotation])
	return found
}

// headline is the line that says what is the matter.
func (r *Rule) headline(annotations map[string]string, value float64) string {
	for _, name := range []string{"summary", "description", "message"} {
		if text := annotations[name]; text != "" {
			return text
		}
	}
	return fmt.Sprintf("%s is %g", r.Name, value)
}
