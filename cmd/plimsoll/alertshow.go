package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/internal/metric"
)

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
	line("state", stateOf(a)+" since "+toSecond(a.Since))
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
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", toSecond(m.Queued), clean(m.Contact), clean(m.Route), clean(strings.TrimSpace(string(m.Event)+" "+m.Update)), clean(fate(m)))
	}
	head(len(d.Episodes), "Episodes")
	for _, p := range d.Episodes[:min(pastLines, len(d.Episodes))] {
		fmt.Fprintf(w, "  %s\tto %s\t%s\t%s\t%s\n", toSecond(p.Began), toSecond(p.Ended), p.Severity, word(p.AckedBy), clean(cmp.Or(p.Acted, p.Summary)))
	}
	head(len(d.History), "History")
	for _, h := range d.History[:min(pastLines, len(d.History))] {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", toSecond(h.At), clean(h.Kind), word(string(h.To)), word(h.Contact), clean(h.Summary))
	}
	return w.Flush()
}

// fate says what became of a message.
func fate(m ledger.Told) string {
	text := m.Status
	if m.Status == "sent" {
		text += " " + toSecond(m.Sent)
	}
	if !m.Answered.IsZero() {
		text += ", answered " + toSecond(m.Answered)
	}
	if m.Error != "" {
		text += ": " + m.Error
	}
	return text
}

// toSecond shows an instant: of one alert it matters what came first.
func toSecond(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
