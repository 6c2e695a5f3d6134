package quorum

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/alerting/match"
	"plimsoll/internal/query"
)

// MaxMembers bounds the members of one service.
const MaxMembers = 10_000

// Config is one service: who its members are and how many of them may be down.
type Config struct {
	Name string `yaml:"name"`
	// Members is PromQL. Each element of the vector is a member, named by its
	// label By: down at 0, up at any other value. Of several elements of one
	// name the worst counts.
	Members string `yaml:"members"`
	By      string `yaml:"by"`
	// Checks are names of checks, * standing for any characters and ? for one.
	// Each of those there are is a member, down while its alert is hard.
	Checks []string `yaml:"checks"`
	// Alerts picks the alerts of class up/down that are the own of that member of
	// Members which their label By names: while one is hard, it is down. Empty:
	// none.
	Alerts string `yaml:"alerts"`
	// Warning and Critical are thresholds. One may be left out.
	Warning  string `yaml:"warning"`
	Critical string `yaml:"critical"`
	// MinMembers is how many members there are at the least: when fewer are
	// known, the state is unknown.
	MinMembers int `yaml:"min_members"`
	// For is how long a threshold must be crossed until it is believed.
	For      time.Duration `yaml:"for"`
	Interval time.Duration `yaml:"interval"`
	// Forget is how long a member that is silent counts as down.
	Forget time.Duration `yaml:"forget"`
	// TellMembers says that members' own alerts are told while quorum holds.
	TellMembers bool              `yaml:"tell_members"`
	Labels      map[string]string `yaml:"labels"`
	Contacts    []string          `yaml:"contacts"`
	Runbook     string            `yaml:"runbook"`
}

// WithDefaults returns c with what was left out filled in.
func (c Config) WithDefaults() Config {
	if c.By == "" {
		c.By = "instance"
	}
	if c.For == 0 {
		c.For = 30 * time.Second
	}
	if c.Interval == 0 {
		c.Interval = 15 * time.Second
	}
	if c.Forget == 0 {
		c.Forget = time.Hour
	}
	return c
}

// Validate reports all that is wrong with c, which must have its defaults, but
// for what services have in common with checks and rules: name, labels and
// contacts. Each problem begins with its key below path.
func (c Config) Validate(path string) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	c.validateMembers(bad)
	c.validateThresholds(bad)
	for _, k := range []struct {
		key   string
		d     time.Duration
		least time.Duration
	}{{"for", c.For, 0}, {"interval", c.Interval, time.Second}, {"forget", c.Forget, time.Second}} {
		if k.d < k.least {
			bad(k.key, "%v is less than %v", k.d, k.least)
		}
	}
	if c.MinMembers < 0 || c.MinMembers > MaxMembers {
		bad("min_members", "%d is not between 0 and %d", c.MinMembers, MaxMembers)
	}
	return errors.Join(errs...)
}

func (c Config) validateMembers(bad func(key, format string, args ...any)) {
	switch {
	case c.Members != "":
		if err := validMembers(c.Members); err != nil {
			bad("members", "%v", err)
		}
	case len(c.Checks) == 0:
		bad("members", "is missing, and so is checks")
	case c.Alerts != "":
		bad("alerts", "needs members")
	}
	if !model.LegacyValidation.IsValidLabelName(c.By) {
		bad("by", "%q is no label name", c.By)
	}
	for i, glob := range c.Checks {
		if glob == "" {
			bad(fmt.Sprintf("checks[%d]", i), "is empty")
		}
	}
	if c.Alerts != "" {
		if own, err := match.Parse(c.Alerts); err != nil {
			bad("alerts", "%v", err)
		} else if own.Empty() {
			bad("alerts", "%q picks every alert", c.Alerts)
		} else if err := own.Misspelt(); err != nil {
			bad("alerts", "%v", err)
		}
	}
}

func (c Config) validateThresholds(bad func(key, format string, args ...any)) {
	if c.Warning == "" && c.Critical == "" {
		bad("critical", "is missing, and so is warning")
	}
	warning, err := parseGiven(c.Warning)
	if err != nil {
		bad("warning", "%v", err)
	}
	critical, err := parseGiven(c.Critical)
	if err != nil {
		bad("critical", "%v", err)
	}
	if !warning.IsZero() && !critical.IsZero() && !everFirst(warning, critical) {
		bad("warning", "%q is never crossed before %q, which is critical", warning, critical)
	}
}

// parseGiven parses a threshold that may be left out.
func parseGiven(text string) (Threshold, error) {
	if text == "" {
		return Threshold{}, nil
	}
	return ParseThreshold(text)
}

// everFirst reports whether a is crossed before b for any number of members.
func everFirst(a, b Threshold) bool {
	for total := 1; total <= MaxMembers; total++ {
		if least := a.Least(total); least <= total && least < b.Least(total) {
			return true
		}
	}
	return false
}

func validMembers(expr string) error {
	e, err := query.NewParser().ParseExpr(expr)
	if err != nil {
		return err
	}
	if t := e.Type(); t != parser.ValueTypeVector {
		return fmt.Errorf("gives a %s, and members are an instant vector", parser.DocumentedType(t))
	}
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			break
		}
		e = p.Expr
	}
	if b, ok := e.(*parser.BinaryExpr); ok && b.Op.IsComparisonOperator() && !b.ReturnBool {
		return fmt.Errorf("%q leaves out members: write %s bool", expr, b.Op)
	}
	return nil
}
