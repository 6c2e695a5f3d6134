package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	"plimsoll/alerting"
	"plimsoll/alerting/rota"
)

func onCallCommand() command {
	return command{
		name: "oncall", args: "[flags] [override ROTA CONTACT | end ID…]", about: "say who is on call now and next, or put somebody in another's place",
		examples: []string{
			"plimsoll oncall",
			"plimsoll oncall override web bob -for 4h -note 'ada is ill'",
			"plimsoll oncall override web bob -from '2026-12-24 12:00' -until '2026-12-26 09:00'",
			"plimsoll oncall end 3    # an override",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &onCallFlags{}
			c.flags(f)
			f.StringVar(&c.from, "from", "", "`TIME` of an override's begin, as '2026-12-24 12:00' by this machine's clock, or 2026-12-24T12:00:00Z (default now)")
			f.StringVar(&c.until, "until", "", "`TIME` of its end")
			f.StringVar(&c.span, "for", "", "its `LENGTH`, as 4h or 2d")
			f.StringVar(&c.note, "note", "", "`TEXT` for the others")
			f.BoolVar(&c.json, "json", false, "print the service's answer as it came")
			return c.run
		},
	}
}

type onCallFlags struct {
	actor
	from, until, span, note string
	json                    bool
}

func (c *onCallFlags) run(e env, args []string) error {
	switch {
	case len(args) == 0:
		return c.list(e)
	case len(args) == 3 && args[0] == "override":
		return c.override(e, args[1], args[2])
	case args[0] == "end":
		return c.end(e, "overrides", args[1:])
	}
	return fmt.Errorf("%w: want nothing, override ROTA CONTACT, or end ID; got %q", errUsage, strings.Join(args, " "))
}

func (c *onCallFlags) list(e env) error {
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodGet, alertingPath+"oncall", nil, nil, &raw); err != nil {
		return err
	}
	if c.json {
		return printJSON(e.stdout, raw)
	}
	var answer struct {
		Rotas     []alerting.OnCall
		Overrides []rota.Override
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("answer is no list of rotas: %w", err)
	}
	if len(answer.Rotas) == 0 {
		fmt.Fprintln(e.stdout, "there are no rotas")
		return nil
	}
	return printOnCall(e.stdout, answer.Rotas, answer.Overrides)
}

func printOnCall(out io.Writer, rotas []alerting.OnCall, overrides []rota.Override) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rotas {
		fmt.Fprintf(w, "%s\t%s\n", clean(r.Rota), word(r.Contact))
		for _, s := range r.Shifts {
			why := ""
			if s.Override {
				why = "\toverride"
			}
			fmt.Fprintf(w, "\t%s\tfrom %s\tto %s%s\n", clean(s.Contact), clock(s.From), clock(s.Until), why)
		}
	}
	for _, o := range overrides {
		fmt.Fprintf(w, "override %d\t%s takes %s\tfrom %s\tto %s\t%s\n", o.ID, clean(o.Contact), clean(o.Rota), clock(o.From), clock(o.Until), word(o.Note))
	}
	return w.Flush()
}

func (c *onCallFlags) override(e env, rotaName, contact string) error {
	from, err := momentText("from", c.from)
	if err != nil {
		return err
	}
	until, err := momentText("until", c.until)
	if err != nil {
		return err
	}
	if (until == "") == (c.span == "") {
		return fmt.Errorf("%w: say how long, by -until or -for", errUsage)
	}
	ask := map[string]any{"rota": rotaName, "contact": contact, "for": c.span, "by": c.name(), "note": c.note}
	for key, text := range map[string]string{"from": from, "until": until} {
		if text != "" {
			ask[key] = text
		}
	}
	var answer struct{ Override rota.Override }
	if err := c.ask(e.ctx, http.MethodPost, alertingPath+"overrides", nil, ask, &answer); err != nil {
		return err
	}
	o := answer.Override
	fmt.Fprintf(e.stdout, "override %d: %s takes %s from %s to %s\n", o.ID, clean(o.Contact), clean(o.Rota), clock(o.From), clock(o.Until))
	return nil
}
