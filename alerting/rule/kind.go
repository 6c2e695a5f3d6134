package rule

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/internal/metric"
)

// kind is a way to say what is trouble without writing it out in PromQL.
type kind interface {
	// defaults fills in what the kind wants other than most rules.
	defaults(Config) Config
	validate(c Config, bad complaint)
	// exprs are the expression and the clear level that it stands for.
	exprs() (expr, clear string)
	// summary is the wording if the rule has none; empty: that of all rules.
	summary() string
	// grade gives bad values a severity, mild being that of the rule; nil: all
	// have that.
	grade(mild metric.Severity) func(float64) metric.Severity
}

// RunbookAnnotation is the annotation as which a runbook is shown.
const RunbookAnnotation = "runbook"

// kinds are those that c has, by key. More than one is an error.
func (c Config) kinds() map[string]kind {
	all := map[string]kind{}
	if c.Level != nil {
		all["level"] = c.Level
	}
	if c.Peers != nil {
		all["peers"] = c.Peers
	}
	if c.PastWeeks != nil {
		all["past_weeks"] = c.PastWeeks
	}
	if c.Share != nil {
		all["share"] = c.Share
	}
	if c.RunsOut != nil {
		all["runs_out"] = c.RunsOut
	}
	return all
}

// kind is the one that c has, or nil.
func (c Config) kind() kind {
	if kinds := c.kinds(); len(kinds) == 1 {
		for _, k := range kinds {
			return k
		}
	}
	return nil
}

func (c Config) validateKind(kinds map[string]kind, bad complaint) {
	for key, k := range kinds {
		k.validate(c, func(under, format string, args ...any) { bad(key+"."+under, format, args...) })
		if c.Expr != "" {
			bad(key, "stands for an expression, and expr is one, too")
		}
		if c.Clear != "" {
			bad(key, "has its own end, and clear is one, too")
		}
		if len(kinds) > 1 {
			bad(key, "is not the only kind of the rule")
		}
	}
}

// Expanded returns c, which is valid and has its defaults, with the expressions
// that its kind stands for, in ordinary PromQL, and all its texts as annotations.
func (c Config) Expanded() Config {
	c.Annotations = maps.Clone(c.Annotations)
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	if c.Runbook != "" {
		c.Annotations[RunbookAnnotation] = c.Runbook
	}
	k := c.kind()
	if k == nil {
		return c
	}
	c.Expr, c.Clear = k.exprs()
	if text := k.summary(); text != "" && c.Annotations["summary"] == "" && c.Annotations["description"] == "" {
		c.Annotations["summary"] = text
	}
	return c
}

// Short is the expression as a message has it: of a kind that stands for a long
// one, its key and what it is about.
func (c Config) Short() string {
	switch {
	case c.Peers != nil:
		return "peers of " + c.Peers.Of
	case c.PastWeeks != nil:
		return "past_weeks of " + c.PastWeeks.Of
	case c.Share != nil:
		return "share of " + c.Share.Of
	case c.RunsOut != nil:
		return "runs_out of " + c.RunsOut.Of
	}
	return c.Expr
}

// side is where a value is trouble: above what is expected, below, or both.
type side string

// distance is how far value is from what is expected on the side of trouble.
func (s side) distance(difference string) string {
	switch s {
	case "above":
		return "(" + difference + ")"
	case "below":
		return "-(" + difference + ")"
	}
	return "abs(" + difference + ")"
}

func (s side) validate(bad complaint) {
	switch s {
	case "", "above", "below", "both":
	default:
		bad("side", "%q is none of above, below, both", string(s))
	}
}

// operand writes expr so that it can stand in a longer one: without comments,
// and in parentheses where it needs them.
func operand(expr string) string {
	e, err := parse(expr)
	if err != nil {
		return expr // Validate has refused it
	}
	switch e.(type) {
	case *parser.VectorSelector, *parser.Call, *parser.ParenExpr, *parser.AggregateExpr:
		return e.String()
	}
	return "(" + e.String() + ")"
}

// numbers is expr without what is not a number: a 0/0 among many values would
// be the least of them for a quantile.
func numbers(expr string) string { return "(" + operand(expr) + " >= -Inf)" }

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func duration(d time.Duration) string { return model.Duration(d).String() }

// past writes the range of a subquery that sees about twelve values of expr in a
// window.
func past(expr string, window time.Duration) string {
	step := max((window / 12).Truncate(time.Second), time.Minute)
	return fmt.Sprintf("%s[%s:%s]", expr, duration(window), duration(step))
}

func validLabelNames(key string, names []string, bad complaint) {
	for _, name := range names {
		if !model.LegacyValidation.IsValidLabelName(name) || strings.HasPrefix(name, "__") {
			bad(key, "%q is no label name", name)
		}
	}
}

// positive reports numbers that are none, or not above 0.
func positive(key string, v float64, bad complaint) {
	if !(v > 0) || math.IsInf(v, 0) {
		bad(key, "%v is not a number above 0", v)
	}
}

func validOf(of string, bad complaint) {
	if err := validExpr(of); err != nil {
		bad("of", "%v", err)
	}
}
