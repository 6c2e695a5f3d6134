package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/rulefile"
	"plimsoll/internal/metric"
)

// group is the rules of one group of a rule file. They look one after the
// other, at one instant: each sees what those before it recorded.
type group struct {
	rulefile.Group
	schedule schedule
	members  []member
}

// member is a rule of a group: one of the two.
type member struct {
	alert  *unit
	record *recording
}

// RuleFiles are the rule files of a configuration.
type RuleFiles struct {
	Patterns []string `yaml:"rule_files"` // patterns; see package rulefile
	// EvaluationInterval is that of groups that name none.
	EvaluationInterval time.Duration `yaml:"evaluation_interval"`
	// ExternalLabels are what the templates of rule files know as $externalLabels.
	ExternalLabels map[string]string `yaml:"external_labels"`
	// Groups are what the files held when the configuration was read.
	Groups []rulefile.Group `yaml:"-"`
}

// Load reads the files into Groups; patterns that are not absolute are of dir.
// A pattern may match nothing, but a file that is named must be there.
func (r *RuleFiles) Load(dir string) error {
	groups, err := rulefile.Load(dir, r.Patterns)
	errs := []error{err}
	for _, name := range rulefile.Missing(dir, r.Patterns) {
		if !strings.ContainsAny(name, "*?[") {
			errs = append(errs, fmt.Errorf("there is no file %q", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("rule_files: %s", strings.ReplaceAll(err.Error(), "\n", "\nrule_files: "))
	}
	r.Groups = groups
	return nil
}

func (r RuleFiles) validate() error {
	var errs []error
	if r.EvaluationInterval < time.Second {
		errs = append(errs, fmt.Errorf("evaluation_interval: %v is less than 1s", r.EvaluationInterval))
	}
	for name := range r.ExternalLabels {
		errs = append(errs, validLabels("external_labels", map[string]string{name: ""}))
	}
	return errors.Join(errs...)
}

// newGroups makes the groups of a configuration that has its defaults.
func newGroups(c Config) ([]*group, error) {
	groups := make([]*group, 0, len(c.RuleFiles.Groups))
	for _, in := range c.RuleFiles.Groups {
		if in.Interval == 0 {
			in.Interval = c.RuleFiles.EvaluationInterval
		}
		in.Interval = max(in.Interval, time.Second)
		g := &group{Group: in, schedule: newSchedule(in.File+"\x00"+in.Name, in.Interval, in.Interval)}
		for _, r := range in.Rules {
			m, err := newMember(c, g, r)
			if err != nil {
				return nil, fmt.Errorf("%s: group %s: rule %s: %w", in.File, in.Name, r.Name(), err)
			}
			g.members = append(g.members, m)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func newMember(c Config, g *group, r rulefile.Rule) (member, error) {
	if r.Record != "" {
		return member{record: newRecording(c, g.Group, r)}, nil
	}
	u, err := newRuleUnit(rule.Config{
		Name: r.Alert, Class: rule.ClassOf(r.Labels), Expr: r.Expr, For: r.For, KeepFiringFor: r.KeepFiringFor, Interval: g.Interval,
		Severity: rule.SeverityOf(r.Labels["severity"]), Labels: r.Labels, Annotations: r.Annotations,
		Prometheus: &rule.Prometheus{
			QueryOffset: g.QueryOffset, Limit: g.Limit,
			External: rule.External{Labels: c.RuleFiles.ExternalLabels, URL: c.DashboardURL},
		},
	}.WithDefaults(), c.Querier, nil)
	if err != nil {
		return member{}, err
	}
	u.key, u.group = "rulefile/"+r.Alert+"/"+r.Key, g
	return member{alert: u}, nil
}

// units are the alerting rules of groups, in order.
func unitsOf(groups []*group) []*unit {
	var units []*unit
	for _, g := range groups {
		for _, m := range g.members {
			if m.alert != nil {
				units = append(units, m.alert)
			}
		}
	}
	return units
}

// tickGroups starts the look of every group that is due at an instant.
func (e *Engine) tickGroups(ctx context.Context, now time.Time) {
	for _, g := range e.currentGroups() {
		run, missed := g.schedule.claim(now)
		if missed {
			e.metrics.missed.Inc()
		}
		if run {
			e.looks.Go(func() { e.lookGroup(ctx, g, now) })
		}
	}
}

func (e *Engine) currentGroups() []*group { return e.working().groups }

// working is what the configuration of the moment made.
func (e *Engine) working() works {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.works
}

// lookGroup waits for a slot and looks, at the whole second: what is recorded
// is stamped with it, and archives weigh a value with the seconds it held.
func (e *Engine) lookGroup(ctx context.Context, g *group, at time.Time) {
	defer g.schedule.finish(at, false)
	slots := e.bounds().ruleSlots
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return
	}
	e.evaluateGroup(ctx, g, at.Truncate(time.Second))
}

// evaluateGroup looks with each rule of a group, in order.
func (e *Engine) evaluateGroup(ctx context.Context, g *group, at time.Time) {
	for _, m := range g.members {
		switch {
		case ctx.Err() != nil:
			return
		case m.alert != nil:
			e.evaluate(ctx, m.alert, at)
		default:
			e.record(ctx, m.record, at)
		}
	}
}

// infos describes the rules of a group, in order.
func (g *group) infos() []metric.RuleInfo {
	infos := make([]metric.RuleInfo, 0, len(g.members))
	for _, m := range g.members {
		var i metric.RuleInfo
		if m.alert != nil {
			i = m.alert.info()
		} else {
			i = m.record.info()
		}
		i.File, i.Group, i.Interval, i.QueryOffset, i.Limit = g.File, g.Name, g.Interval, g.QueryOffset, g.Limit
		infos = append(infos, i)
	}
	return infos
}
