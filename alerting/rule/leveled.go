package rule

import (
	"math"

	"github.com/prometheus/prometheus/promql/parser"
)

// Leveled is an expression that compares a vector with a number.
type Leveled struct {
	// Level is the number; Above says that what is higher is trouble.
	Level float64
	Above bool

	compared *parser.BinaryExpr
	right    bool // the number stands there
}

// LevelOf takes apart expr; ok is false for one of any other form.
func LevelOf(expr string) (l Leveled, ok bool) {
	e, err := parse(expr)
	for err == nil {
		p, wrapped := e.(*parser.ParenExpr)
		if !wrapped {
			break
		}
		e = p.Expr
	}
	compared, is := e.(*parser.BinaryExpr)
	if !is || compared.ReturnBool {
		return l, false
	}
	l.compared = compared
	number, is := compared.RHS.(*parser.NumberLiteral)
	if l.right = is; !is {
		if number, is = compared.LHS.(*parser.NumberLiteral); !is {
			return l, false
		}
	}
	switch compared.Op {
	case parser.GTR, parser.GTE:
		l.Above = l.right
	case parser.LSS, parser.LTE:
		l.Above = !l.right
	default:
		return l, false
	}
	l.Level = number.Val
	return l, !math.IsNaN(l.Level) && !math.IsInf(l.Level, 0)
}

// At returns the expression with another level.
func (l Leveled) At(level float64) string { return l.with(l.compared.Op, level) }

// Clear returns what is true where trouble is over that ends at a level.
func (l Leveled) Clear(level float64) string {
	op := parser.ItemType(parser.LSS)
	if l.Above != l.right {
		op = parser.GTR
	}
	return l.with(op, level)
}

func (l Leveled) with(op parser.ItemType, level float64) string {
	e := *l.compared
	e.Op = op
	number := &parser.NumberLiteral{Val: level}
	if l.right {
		e.RHS = number
	} else {
		e.LHS = number
	}
	return e.String()
}
