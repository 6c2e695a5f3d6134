package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"text/tabwriter"
	"time"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/rulefile"
	"plimsoll/alerting/state"
	"plimsoll/internal/app"
	"plimsoll/internal/config"
)

func rulesReplayCommand() command {
	return command{
		name: "rules replay", args: "[flags] FILE", about: "say what rules would have done, over the history of the running service",
		examples: []string{
			"plimsoll rules replay new.yml                        # a configuration with rules:, or a Prometheus rule file",
			"plimsoll rules replay -since 90d -rule DiskFull new.yml",
			"plimsoll rules replay -json new.yml | jq '.[].summary'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			r := &replayFlags{}
			r.server.where(f)
			f.StringVar(&r.since, "since", "30d", "replay the last `DURATION`, as 36h or 30d")
			f.StringVar(&r.rule, "rule", "", "only the rule of this `NAME`")
			f.BoolVar(&r.json, "json", false, "print the reports as JSON, with each episode")
			return r.run
		},
	}
}

type replayFlags struct {
	server      server
	since, rule string
	json        bool
}

func (r *replayFlags) run(e env, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: one file wanted, %d given", errUsage, len(args))
	}
	asked, err := rulesIn(args[0])
	if err != nil {
		return err
	}
	if r.rule != "" {
		asked.Rules = slices.DeleteFunc(asked.Rules, func(c rule.Config) bool { return c.Name != r.rule })
	}
	if len(asked.Rules) == 0 {
		return fmt.Errorf("%s: no rule to replay%s", args[0], map[bool]string{true: " of the name " + r.rule}[r.rule != ""])
	}
	content, err := config.Encode(asked)
	if err != nil {
		return err
	}
	answer, err := r.server.send(e.ctx, "/api/plimsoll/v1/rules/replay", url.Values{"since": {r.since}}, bytes.NewReader(content))
	if err != nil {
		return err
	}
	defer answer.Close()
	body, err := outcome(answer, func(told json.RawMessage) error { return showRule(e.stderr, told) })
	if err != nil {
		return err
	}
	if r.json {
		_, err := fmt.Fprintf(e.stdout, "%s\n", body)
		return err
	}
	return printReports(e.stdout, body)
}

// showRule tells a person which rule is being replayed.
func showRule(out io.Writer, told json.RawMessage) error {
	var at struct{ Rule string }
	if err := json.Unmarshal(told, &at); err != nil {
		return fmt.Errorf("progress is none: %w", err)
	}
	if !isTerminal(out) {
		return nil
	}
	_, err := fmt.Fprintf(out, "\r\033[K%s …\r", clean(at.Rule))
	return err
}

var isPrometheusFile = regexp.MustCompile(`(?m)^groups:`)

// rulesIn reads the rules of a configuration, or the alerting rules of a
// Prometheus rule file.
func rulesIn(path string) (asked app.Rules, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return asked, err
	}
	if !isPrometheusFile.Match(text) {
		c, err := app.Load(path)
		asked.Rules = c.Alerting.Rules
		for i := range asked.Rules { // what only matters when somebody is told
			r := &asked.Rules[i]
			r.Contacts, r.Annotations, r.Runbook, r.Handler, r.Flapping = nil, nil, "", nil, state.Thresholds{}
		}
		return asked, err
	}
	asked.AsPrometheus = true
	groups, err := rulefile.ReadFile(path)
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				asked.Rules = append(asked.Rules, ofGroup(g, r))
			}
		}
	}
	return asked, err
}

// prometheusInterval is how often Prometheus evaluates a group that does not say.
const prometheusInterval = time.Minute

func ofGroup(g rulefile.Group, r rulefile.Rule) rule.Config {
	c := rule.Config{
		Name: r.Alert, Expr: r.Expr, For: r.For, KeepFiringFor: r.KeepFiringFor, Labels: r.Labels,
		Interval: max(g.Interval, time.Second), Severity: rule.SeverityOf(r.Labels["severity"]),
	}
	if g.Interval == 0 {
		c.Interval = prometheusInterval
	}
	return c
}

// printReports writes a line for each rule, and under it the last episodes.
func printReports(out io.Writer, body json.RawMessage) error {
	var reports []app.Replayed
	if err := json.Unmarshal(body, &reports); err != nil {
		return fmt.Errorf("result is none: %w", err)
	}
	for _, r := range reports {
		fmt.Fprintf(out, "%s: %s\n", clean(r.Rule), clean(r.Text))
		if err := printEpisodes(out, r.Episodes); err != nil {
			return err
		}
	}
	return nil
}

// shownEpisodes is how many a person is shown of each rule.
const shownEpisodes = 10

func printEpisodes(out io.Writer, episodes []prune.Episode) error {
	first := max(0, len(episodes)-shownEpisodes)
	if first > 0 {
		fmt.Fprintf(out, "  the last %d of %d:\n", shownEpisodes, len(episodes))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range episodes[first:] {
		lasted := "open"
		if !e.Ended.IsZero() {
			lasted = e.Ended.Sub(e.Hard).String()
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", e.Hard.Local().Format("Mon 2006-01-02 15:04:05"), lasted, clean(seriesName(e.Labels)))
	}
	return w.Flush()
}
