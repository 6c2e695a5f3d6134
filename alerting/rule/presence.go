package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/alerting/state"
)

// Presence returns PromQL that gives an element at the instants at which there
// is anything for the rule to judge; "" if that cannot be told, as where absence
// is what the rule looks for.
func (r *Rule) Presence() string {
	if r.bare != "" {
		return "count(" + r.bare + ")"
	}
	e, err := parse(r.Expr)
	if err != nil {
		return ""
	}
	var counts []string
	absence := false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			counts = append(counts, "count("+n.String()+")")
		case *parser.Call:
			absence = absence || strings.HasPrefix(n.Func.Name, "absent")
		}
		return nil
	})
	if absence || len(counts) == 0 {
		return ""
	}
	slices.Sort(counts)
	return strings.Join(slices.Compact(counts), " or ")
}

// Policy is how the alerts of c are believed that are looked at each `every`.
func (c Config) Policy(every time.Duration) state.Policy {
	return state.Policy{MaxAttempts: 1, For: c.For, KeepFiring: c.KeepFiringFor, NoData: looksIn(c.NoData, every)}
}

// looksIn is the number of looks from one until a duration has passed since.
func looksIn(d, every time.Duration) int {
	return int((d+every-1)/every) + 1
}
