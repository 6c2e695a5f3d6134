package rule

import "strings"

// Drawn is what a chart of a rule shows: its series, and the level at which they
// are trouble, where there is one.
type Drawn struct {
	Expr  string
	Level *float64
}

// DrawnOf takes apart an expression as a message has it (Config.Short): what it
// gives when no level filters it, or what a kind of rule is about.
func DrawnOf(short string) Drawn {
	for _, kind := range []string{"peers of ", "past_weeks of ", "share of ", "runs_out of "} {
		if of, is := strings.CutPrefix(short, kind); is {
			return Drawn{Expr: of}
		}
	}
	d := Drawn{Expr: bare(short)}
	if d.Expr == "" {
		d.Expr = short
	}
	if l, is := LevelOf(short); is {
		d.Level = &l.Level
	}
	return d
}
