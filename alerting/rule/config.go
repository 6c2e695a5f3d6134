package rule

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Config is one rule.
type Config struct {
	Name  string       `yaml:"name"`
	Class metric.Class `yaml:"class"`
	// Expr is PromQL; every element of the vector it gives is trouble. A rule has
	// it or one of the kinds that follow it, which stand for an expression.
	Expr      string     `yaml:"expr"`
	Level     *Level     `yaml:"level"`
	Peers     *Peers     `yaml:"peers"`
	PastWeeks *PastWeeks `yaml:"past_weeks"`
	Share     *Share     `yaml:"share"`
	RunsOut   *RunsOut   `yaml:"runs_out"`
	// Clear is PromQL; if given, trouble ends only where it gives an element of
	// the same labels.
	Clear         string           `yaml:"clear"`
	For           time.Duration    `yaml:"for"`
	KeepFiringFor time.Duration    `yaml:"keep_firing_for"`
	Flapping      state.Thresholds `yaml:"flapping"`
	Interval      time.Duration    `yaml:"interval"`
	// Absent says what it means that a host reports and no longer sends a series
	// that Expr compares with a level: AbsentAlert, or AbsentIgnore.
	Absent      string            `yaml:"absent"`
	NoData      time.Duration     `yaml:"no_data"`
	Severity    metric.Severity   `yaml:"severity"`
	Contacts    []string          `yaml:"contacts"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
	// Runbook says what to look at and what to do, or is the address of a page
	// that does. It is a template as an annotation is.
	Runbook string `yaml:"runbook"`
	// Handler is tried before anybody is told; nil: there is none.
	Handler *handler.Config `yaml:"handler"`
	// Prometheus makes it a rule of a rule file, with Prometheus' semantics; nil:
	// it is one of ours.
	Prometheus *Prometheus `yaml:"-"`
}

// The values of Config.Absent.
const (
	AbsentAlert  = "alert"
	AbsentIgnore = "ignore"
)

// WithDefaults returns c with what was left out filled in.
func (c Config) WithDefaults() Config {
	if k := c.kind(); k != nil {
		c = k.defaults(c)
	}
	if c.Class == "" {
		c.Class = metric.Threshold
	}
	if c.Interval == 0 {
		c.Interval = 15 * time.Second
	}
	if c.NoData == 0 {
		c.NoData = 15 * time.Minute
	}
	if c.Absent == "" {
		c.Absent = AbsentIgnore
	}
	if c.Severity == "" {
		c.Severity = metric.Warning
	}
	c.Flapping = c.Flapping.WithDefaults()
	if c.Handler != nil {
		h := c.Handler.ForRule(c.For)
		c.Handler = &h
	}
	return c
}

// Validate reports all that is wrong with c, which must have its defaults. Each
// problem begins with the key under which it stands, path being c's own.
func (c Config) Validate(path string) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	switch c.Class {
	case metric.UpDown, metric.Resource, metric.Threshold:
	default:
		bad("class", "%q is none of up/down, resource, threshold", c.Class)
	}
	c.validateExprs(bad)
	for _, k := range []struct {
		key string
		d   time.Duration
	}{{"for", c.For}, {"keep_firing_for", c.KeepFiringFor}, {"no_data", c.NoData}} {
		if k.d < 0 {
			bad(k.key, "%v is negative", k.d)
		}
	}
	if c.Interval < time.Second {
		bad("interval", "%v is less than 1s", c.Interval)
	}
	for name, text := range c.Annotations {
		if _, err := ParseTemplate(text); err != nil {
			bad("annotations."+name, "%v", err)
		}
	}
	if _, err := ParseTemplate(c.Runbook); err != nil {
		bad("runbook", "%v", err)
	}
	if c.Handler != nil {
		errs = append(errs, c.Handler.ValidateRule(path+".handler", c.For))
	}
	c.validateAbsent(len(errs) == 0, bad)
	return errors.Join(append(errs, c.Flapping.Validate(path+".flapping"))...)
}

// complaint notes what is wrong with a key.
type complaint func(key, format string, args ...any)

// validateAbsent looks into the expressions if they are sound.
func (c Config) validateAbsent(sound bool, bad complaint) {
	switch {
	case c.Absent != AbsentAlert && c.Absent != AbsentIgnore:
		bad("absent", "%q is none of alert, ignore", c.Absent)
	case c.Absent == AbsentAlert && sound && c.Expanded().bare() == "":
		bad("absent", "only an expr or clear that compares a vector with a number tells what is absent")
	}
}

func (c Config) validateExprs(bad complaint) {
	if kinds := c.kinds(); len(kinds) > 0 {
		c.validateKind(kinds, bad)
		return
	}
	if err := validExpr(c.Expr); err != nil {
		bad("expr", "%v", err)
	}
	if c.Clear != "" {
		if err := validExpr(c.Clear); err != nil {
			bad("clear", "%v", err)
		}
	}
}

func parse(expr string) (parser.Expr, error) {
	return query.NewParser().ParseExpr(expr)
}

func validExpr(expr string) error {
	if expr == "" {
		return errors.New("is missing")
	}
	e, err := parse(expr)
	if err != nil {
		return err
	}
	if t := e.Type(); t != parser.ValueTypeVector {
		return fmt.Errorf("gives a %s, and a rule needs an instant vector", parser.DocumentedType(t))
	}
	return nil
}

// bare is what Expr gives, or else Clear, when no level filters it; empty: that
// cannot be told.
func (c Config) bare() string { return cmp.Or(bare(c.Expr), bare(c.Clear)) }

// bare returns the vector side of a comparison of a vector with a number, and
// "" for any other expression: what expr gives when no level filters it.
func bare(expr string) string {
	e, err := parse(expr)
	if err != nil {
		return ""
	}
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			break
		}
		e = p.Expr
	}
	cmp, ok := e.(*parser.BinaryExpr)
	switch {
	case !ok, !cmp.Op.IsComparisonOperator(), cmp.ReturnBool:
		return ""
	case cmp.RHS.Type() == parser.ValueTypeScalar:
		return cmp.LHS.String()
	case cmp.LHS.Type() == parser.ValueTypeScalar:
		return cmp.RHS.String()
	}
	return ""
}
