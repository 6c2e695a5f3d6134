package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/internal/metric"
)

func alertsCommand() command {
	return command{
		name: "alerts", args: "[flags] [show ID]", about: "list what is wrong, who was told and who takes care; or all about one alert",
		examples: []string{
			"plimsoll alerts",
			"plimsoll alerts -all",
			"plimsoll alerts show check/web",
			"plimsoll alerts -json | jq -r '.alerts[] | select(.ack | not) | .id'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &listAlerts{}
			c.server.flags(f)
			f.BoolVar(&c.all, "all", false, "list those too that are well")
			f.BoolVar(&c.json, "json", false, "print the service's answer as it came")
			return c.run
		},
	}
}

type listAlerts struct {
	server    server
	all, json bool
}

func (c *listAlerts) run(e env, args []string) error {
	switch {
	case len(args) == 2 && args[0] == "show":
		return c.show(e, args[1])
	case len(args) > 0:
		return fmt.Errorf("%w: want nothing, or show ID; got %q", errUsage, strings.Join(args, " "))
	}
	var raw json.RawMessage
	if err := c.server.ask(e.ctx, http.MethodGet, "/api/plimsoll/v1/alerts", nil, nil, &raw); err != nil {
		return err
	}
	if c.json {
		return printJSON(e.stdout, raw)
	}
	var answer struct{ Alerts []metric.Alert }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("answer is no list of alerts: %w", err)
	}
	if !c.all {
		answer.Alerts = slices.DeleteFunc(answer.Alerts, func(a metric.Alert) bool { return a.State == metric.OK && !a.Flapping && a.Episode == 0 })
	}
	if len(answer.Alerts) == 0 {
		fmt.Fprintln(e.stdout, "all is well")
		return nil
	}
	return printAlerts(e.stdout, answer.Alerts)
}

// printAlerts prints the worst first.
func printAlerts(out io.Writer, alerts []metric.Alert) error {
	order := []metric.Severity{metric.Critical, metric.Unknown, metric.Warning, metric.Info, metric.OK}
	slices.SortStableFunc(alerts, func(a, b metric.Alert) int {
		return cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State))
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATE\tSINCE\tALERT\tON\tWHO KNOWS\tWHAT")
	for _, a := range alerts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", stateOf(a), clock(a.Since), clean(a.ID),
			word(cmp.Or(a.Labels["instance"], a.Labels["host"])), clean(whoKnows(a)), clean(a.Summary))
	}
	return w.Flush()
}

func stateOf(a metric.Alert) string {
	text := string(a.State)
	if !a.Hard && a.State != metric.OK {
		text += "?" // not yet believed
	}
	if a.Flapping {
		text += " flapping"
	}
	return text
}

// whoKnows says who takes care, or else who was told, or else why nobody is.
func whoKnows(a metric.Alert) string {
	var parts []string
	if a.Ack != nil {
		parts = append(parts, ackText(*a.Ack))
	}
	if a.Ack == nil && len(a.Told) > 0 {
		parts = append(parts, "told "+strings.Join(a.Told, ", "))
	}
	for _, h := range a.Holds {
		parts = append(parts, "held: "+holdText(h))
	}
	return cmp.Or(strings.Join(parts, "; "), "-")
}

func ackText(a metric.AlertAck) string {
	text := a.By + " takes care until " + clock(a.Until)
	if a.Note != "" {
		text += " (" + a.Note + ")"
	}
	return text
}

func holdText(h metric.AlertHold) string {
	text := h.Kind + ": " + h.Text
	if !h.Until.IsZero() {
		text += " until " + clock(h.Until)
	}
	return text
}

// show prints all that is known of one alert.
func (c *listAlerts) show(e env, id string) error {
	var raw json.RawMessage
	if err := c.server.ask(e.ctx, http.MethodGet, alertingPath+"alert", url.Values{"id": {id}}, nil, &raw); err != nil {
		return err
	}
	if c.json {
		return printJSON(e.stdout, raw)
	}
	var d alerting.Detail
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("answer is no alert: %w", err)
	}
	if d.Alert == nil {
		fmt.Fprintf(e.stdout, "%s is well, or not looked at any more\n", clean(id))
	} else if err := printAlert(e.stdout, *d.Alert, d.Runbook); err != nil {
		return err
	}
	return printPast(e.stdout, d)
}

func printAlert(out io.Writer, a metric.Alert, runbook string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", key, clean(value))
		}
	}
	line("alert", a.ID)
	line("state", stateOf(a)+" since "+clock(a.Since))
	line("what", a.Summary)
	line("class", string(a.Class))
	line("target", a.Target)
	line("expression", a.Expr)
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		line("label", name+" = "+a.Labels[name])
	}
	line("told", strings.Join(a.Told, ", "))
	if a.Ack != nil {
		line("care", ackText(*a.Ack))
	}
	for _, h := range a.Holds {
		line("held", holdText(h))
	}
	line("what to do", runbook)
	return w.Flush()
}

// Of the past so many lines are printed; -json has more.
const pastLines = 20

func printPast(out io.Writer, d alerting.Detail) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := func(n int, text string) {
		if n > 0 {
			fmt.Fprintf(w, "\n%s\n", text)
		}
	}
	head(len(d.Messages), "Messages")
	for _, m := range d.Messages[:min(pastLines, len(d.Messages))] {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", clock(m.Queued), clean(m.Contact), clean(m.Route), clean(strings.TrimSpace(string(m.Event)+" "+m.Update)), clean(fate(m)))
	}
	head(len(d.Episodes), "Episodes")
	for _, p := range d.Episodes[:min(pastLines, len(d.Episodes))] {
		fmt.Fprintf(w, "  %s\tto %s\t%s\t%s\t%s\n", clock(p.Began), clock(p.Ended), p.Severity, word(p.AckedBy), clean(cmp.Or(p.Acted, p.Summary)))
	}
	head(len(d.History), "History")
	for _, h := range d.History[:min(pastLines, len(d.History))] {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", clock(h.At), clean(h.Kind), word(string(h.To)), word(h.Contact), clean(h.Summary))
	}
	return w.Flush()
}

// fate says what became of a message.
func fate(m ledger.Told) string {
	text := m.Status
	if m.Status == "sent" {
		text += " " + clock(m.Sent)
	}
	if !m.Answered.IsZero() {
		text += ", answered " + clock(m.Answered)
	}
	if m.Error != "" {
		text += ": " + m.Error
	}
	return text
}
