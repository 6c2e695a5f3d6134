package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

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
