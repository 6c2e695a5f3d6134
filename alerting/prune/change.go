package prune

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/alerting/rule"
	"plimsoll/internal/config"
)

// ruleText is a rule as YAML, with notes behind its keys.
func ruleText(c rule.Config, notes map[string]string) string {
	at := map[string]string{}
	for key, note := range notes {
		at["$.rules[0]."+key] = note
	}
	text, err := config.EncodeNoted(struct {
		Rules []rule.Config `yaml:"rules"`
	}{[]rule.Config{spare(c)}}, at)
	if err != nil {
		return fmt.Sprintf("# the rule %s cannot be written as YAML: %v\n", c.Name, err)
	}
	if c.Prometheus != nil {
		return commented("of a rule file: `expr`, `for` and `keep_firing_for` are written there as here, the severity as a label", string(text))
	}
	return string(text)
}

// spare is c without the values that it would have anyway.
func spare(c rule.Config) rule.Config {
	d := rule.Config{}.WithDefaults()
	blank(&c.Absent, d.Absent)
	blank(&c.Flapping, d.Flapping)
	blank(&c.NoData, d.NoData)
	blank(&c.Severity, d.Severity)
	if c.RunsOut == nil { // which has its own
		blank(&c.Class, d.Class)
		blank(&c.Interval, d.Interval)
	}
	return c
}

func blank[T comparable](v *T, otherwise T) {
	if *v == otherwise {
		var zero T
		*v = zero
	}
}

// commented puts a comment before text.
func commented(comment, text string) string { return "# " + comment + "\n" + text }

// joined joins the messages about one instance.
func joined() string {
	return "grouping:\n  by: [instance]   # was [alertname], unless yours differs: of all rules\n"
}

// mostNodes bounds the instances for which a dependency is written out.
const mostNodes = 10

// dependency makes the alerts of a rule depend on those that they follow.
func dependency(r relation) string {
	var b strings.Builder
	b.WriteString("dependencies:\n")
	if !r.same {
		name := strings.TrimSuffix(r.source.rule+" on "+r.instance, " on ")
		node(&b, name, r.source.rule, r.instance, "")
		node(&b, r.rule+" behind it", r.rule, "", name)
		return b.String()
	}
	instances := slices.Sorted(maps.Keys(r.byInstance))
	for _, instance := range instances[:min(len(instances), mostNodes)] {
		name := r.source.rule + " on " + instance
		node(&b, name, r.source.rule, instance, "")
		node(&b, r.rule+" on "+instance, r.rule, instance, name)
	}
	if n := len(instances) - mostNodes; n > 0 {
		fmt.Fprintf(&b, "  # and so on, for %d more\n", n)
	}
	return b.String()
}

func node(b *strings.Builder, name, rule, instance, needs string) {
	alerts := fmt.Sprintf("alertname=%q", rule)
	if instance != "" {
		alerts += fmt.Sprintf(",instance=%q", instance)
	}
	fmt.Fprintf(b, "  - name: %q\n    alerts: %s\n", name, quoted(alerts))
	if needs != "" {
		fmt.Fprintf(b, "    needs: {all: [%q]}\n", needs)
	}
}

// quoted is a text between YAML's single quotes.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// downtime keeps a rule from telling at times that come again.
func downtime(name, when, zone string) string {
	note := ""
	if zone == "" {
		note = "   # UTC: name your zone, that it moves with the clocks there"
	}
	return fmt.Sprintf("downtimes:\n  - name: %q\n    match: %s\n    times: [%q]\n    timezone: %q%s\n",
		name+" as planned", quoted(fmt.Sprintf("alertname=%q", name)), when, zone, note)
}

// list writes names as people do.
func list(names []string) string {
	n := len(names)
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}
