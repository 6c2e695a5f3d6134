package dashboard

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// unitOf guesses the unit of what expr gives, from the names of metrics, which end
// in their unit; "" where it cannot be told.
func unitOf(expr string) string {
	e, err := query.NewParser().ParseExpr(expr)
	if err != nil {
		return ""
	}
	return unit(e)
}

func unit(e parser.Expr) string {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return unit(e.Expr)
	case *parser.UnaryExpr:
		return unit(e.Expr)
	case *parser.StepInvariantExpr:
		return unit(e.Expr)
	case *parser.SubqueryExpr:
		return unit(e.Expr)
	case *parser.MatrixSelector:
		return unit(e.VectorSelector)
	case *parser.VectorSelector:
		return unitOfName(nameOf(e))
	case *parser.AggregateExpr:
		if e.Op == parser.COUNT || e.Op == parser.COUNT_VALUES || e.Op == parser.GROUP || e.Op == parser.STDVAR {
			return ""
		}
		return unit(e.Expr)
	case *parser.Call:
		return unitOfCall(e)
	case *parser.BinaryExpr:
		return unitOfBinary(e)
	}
	return ""
}

func nameOf(v *parser.VectorSelector) string {
	for _, m := range v.LabelMatchers {
		if m.Name == metric.NameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return v.Name
}

func unitOfName(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, of := range []string{"_bucket", "_sum"} {
		name = strings.TrimSuffix(name, of)
	}
	for suffix, unit := range map[string]string{"_seconds": "s", "_bytes": "B", "_percent": "%"} {
		if strings.HasSuffix(name, suffix) {
			return unit
		}
	}
	return ""
}

// unitOfCall: a rate of seconds is a share, of bytes bytes per second, and of what
// is only counted so many per second.
func unitOfCall(c *parser.Call) string {
	switch name := c.Func.Name; name {
	case "rate", "irate", "deriv":
		return map[string]string{"s": "", "B": "B/s", "": "/s"}[unit(c.Args[0])]
	case "time", "timestamp", "count_over_time", "changes", "resets", "absent", "absent_over_time", "present_over_time":
		return ""
	case "histogram_quantile":
		return unit(c.Args[1])
	case "quantile_over_time":
		return unit(c.Args[1])
	}
	if len(c.Args) == 0 {
		return ""
	}
	return unit(c.Args[0])
}

// unitOfBinary: sums keep the unit of both sides, a hundred times a share is a
// percentage, a level leaves all as it is.
func unitOfBinary(b *parser.BinaryExpr) string {
	left, right := unit(b.LHS), unit(b.RHS)
	switch {
	case b.Op == parser.MUL && (isHundred(b.LHS) && right == "" || isHundred(b.RHS) && left == ""):
		return "%"
	case b.Op == parser.DIV && b.RHS.Type() == parser.ValueTypeVector, b.Op == parser.MUL, b.Op == parser.POW, b.ReturnBool:
		return ""
	case b.Op == parser.DIV, b.Op == parser.LUNLESS, b.Op == parser.LAND, left == right, b.RHS.Type() == parser.ValueTypeScalar:
		return left
	case b.LHS.Type() == parser.ValueTypeScalar:
		return right
	}
	return ""
}

func isHundred(e parser.Expr) bool {
	n, is := e.(*parser.NumberLiteral)
	return is && n.Val == 100
}
