package rule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// MaxInstances bounds the instances that one rule may have at a time.
const MaxInstances = 1000

// ErrTooMany says that a rule found more instances than MaxInstances; the first
// of them are still judged.
var ErrTooMany = errors.New("too many instances")

// A Rule is ready to judge.
type Rule struct {
	Config
	bare        string // of Expr, else of Clear; "": cannot tell
	annotations map[string]*Template
	given       Config // before it was expanded
	// grade is the severity of a value that is bad; nil: always that of Config.
	grade  func(value float64) metric.Severity
	labels map[string]*Template // of a rule file's rule: only there they are templates
}

// New returns the rule that c, which is valid and has its defaults, describes.
func New(c Config) (*Rule, error) {
	if c.Prometheus != nil {
		return newPrometheus(c), nil
	}
	given := c
	c = c.Expanded()
	r := &Rule{Config: c, given: given, bare: c.bare(), annotations: map[string]*Template{}}
	if k := c.kind(); k != nil {
		r.grade = k.grade(c.Severity)
	}
	for name, text := range c.Annotations {
		t, err := ParseTemplate(text)
		if err != nil {
			return nil, fmt.Errorf("annotation %s: %w", name, err)
		}
		r.annotations[name] = t
	}
	return r, nil
}

// Given is what New was given: the kind of the rule in the place of expressions.
func (r *Rule) Given() Config { return r.given }

// Sighting is what a look found of one instance.
type Sighting struct {
	Key     string            // of the series' labels, without those of the rule
	Labels  map[string]string // of the series and the rule
	Verdict state.Verdict
	// Severity is what a passive check says of itself, and what a rule of more
	// than one level sees; empty for all others.
	Severity metric.Severity
	Value    *float64
	Summary  string
	Runbook  string // what to do; of what is bad
	// Annotations are those of a rule file, filled in; of what is bad.
	Annotations map[string]string
	// Absent says that nothing of the instance was seen: the verdict rests on
	// that alone.
	Absent bool
}

// Look judges all instances at an instant: those that are bad, and those in
// known, keys of instances that were bad before, whatever they are now. An error
// that is ErrTooMany comes with sightings; after any other nothing is known.
func (r *Rule) Look(ctx context.Context, q metric.Querier, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	if r.Prometheus != nil {
		return r.lookAsPrometheus(ctx, q, at, known)
	}
	if r.RunsOut != nil {
		return r.lookAhead(ctx, q, at, known)
	}
	return r.judge(known, r.bad, func(expr string) (answer, error) { return fetch(ctx, q, expr, at) })
}

// answer is the vector that an expression gives at an instant.
type answer interface {
	each(do func(element)) // in order
	find(key string) (element, bool)
}

// judge is Look, of now or of the past: ask answers an expression, and each is
// asked once at most; bad makes the sighting of an instance in the answer to Expr.
func (r *Rule) judge(known map[string]map[string]string, bad func(element) Sighting, ask func(expr string) (answer, error)) ([]Sighting, error) {
	firing, err := ask(r.Expr)
	if err != nil {
		return nil, fmt.Errorf("expr: %w", err)
	}
	var found []Sighting
	var tooMany error
	n := 0
	firing.each(func(e element) {
		n++
		if _, old := known[e.key]; !old && len(found) >= MaxInstances {
			tooMany = ErrTooMany
			return
		}
		found = append(found, bad(e))
	})
	if tooMany != nil {
		tooMany = fmt.Errorf("%w: %d, and %d is the limit", ErrTooMany, n, MaxInstances)
	}
	quiet := map[string]map[string]string{}
	for key, lbls := range known {
		if _, ok := firing.find(key); !ok {
			quiet[key] = lbls
		}
	}
	rest, err := r.judgeQuiet(quiet, ask)
	if err != nil {
		return nil, err
	}
	return append(found, rest...), tooMany
}

func (r *Rule) bad(e element) Sighting {
	all := r.allLabels(e)
	s := Sighting{
		Key: e.key, Labels: all, Verdict: state.Bad, Value: finite(e.value),
		Summary: r.summary(Values{Labels: all, Value: e.value}), Runbook: r.runbook(all, e.value),
	}
	if r.grade != nil {
		s.Severity = r.grade(e.value)
	}
	return s
}

// allLabels are those of the series and of the rule.
func (r *Rule) allLabels(e element) map[string]string {
	all := e.labels.Map()
	for k, v := range r.Labels {
		all[k] = v
	}
	return all
}

// runbook is the rule's, or the annotation in which rules written for Prometheus
// have it.
func (r *Rule) runbook(lbls map[string]string, value float64) string {
	for _, name := range []string{RunbookAnnotation, "runbook_url"} {
		if t := r.annotations[name]; t != nil {
			return t.Execute(lbls, value)
		}
	}
	return ""
}

func (r *Rule) summary(v Values) string {
	for _, name := range []string{"summary", "description"} {
		if t := r.annotations[name]; t != nil {
			return t.Expand(context.Background(), v)
		}
	}
	return fmt.Sprintf("%s is %g", r.Name, v.Value)
}

// judgeQuiet tells good from held from missing for instances that were bad
// before and are not in the answer to Expr.
func (r *Rule) judgeQuiet(quiet map[string]map[string]string, ask func(expr string) (answer, error)) ([]Sighting, error) {
	if len(quiet) == 0 {
		return nil, nil
	}
	var clear, present answer = vector{}, vector{}
	var err error
	if r.Clear != "" {
		if clear, err = ask(r.Clear); err != nil {
			return nil, fmt.Errorf("clear: %w", err)
		}
	}
	if r.bare != "" {
		if present, err = ask(r.bare); err != nil {
			return nil, fmt.Errorf("presence: %w", err)
		}
	}
	out := make([]Sighting, 0, len(quiet))
	for key, lbls := range quiet {
		cleared, isClear := clear.find(key)
		there, isThere := present.find(key)
		s := Sighting{Key: key, Labels: lbls, Absent: !isClear && !isThere}
		switch {
		case isClear:
			s.Value = finite(cleared.value)
		case isThere:
			s.Value = finite(there.value)
		}
		s.Verdict = r.verdict(isClear, isThere)
		if s.Verdict == state.Held && isThere && r.grade != nil {
			s.Severity = r.grade(there.value)
		}
		out = append(out, s)
	}
	return out, nil
}

func (r *Rule) verdict(isClear, isThere bool) state.Verdict {
	switch {
	case isClear:
		return state.Good
	case r.bare != "" && !isThere:
		return state.Missing
	case r.Clear != "":
		return state.Held
	}
	return state.Good
}
