package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
)

func ackCommand() command {
	return command{
		name: "ack", args: "[flags] ID… | -match 'MATCHERS'", about: "say that you take care of alerts: nobody else is told meanwhile",
		examples: []string{
			"plimsoll ack check/web",
			"plimsoll ack -note 'disk is ordered' -for 2h rule/DiskFull/0123456789abcdef",
			`plimsoll ack -match 'alertname="DiskFull",instance=~"db.*"'`,
			"plimsoll ack -sticky check/web    # also if it gets worse",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &ackFlags{}
			c.flags(f)
			f.StringVar(&c.match, "match", "", "all open alerts that `MATCHERS` pick, as in the braces of a PromQL selector")
			f.StringVar(&c.note, "note", "", "`TEXT` for the others")
			f.StringVar(&c.span, "for", "", "`TIME` that it counts, as 30m, 2h or 1d (default what the service has for the severity)")
			f.BoolVar(&c.sticky, "sticky", false, "it counts also when the trouble gets worse")
			return c.ack
		},
	}
}

func unackCommand() command {
	return command{
		name: "unack", args: "[flags] ID… | -match 'MATCHERS'", about: "take it back: others are told again",
		examples: []string{"plimsoll unack check/web", `plimsoll unack -match 'instance="db1"'`},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &ackFlags{}
			c.flags(f)
			f.StringVar(&c.match, "match", "", "all acknowledged alerts that `MATCHERS` pick")
			return c.unack
		},
	}
}

type ackFlags struct {
	actor
	match, note, span string
	sticky            bool
}

// acked is what became of each alert.
type acked struct {
	Alerts []string
	Failed []struct{ ID, Error string }
}

func (c *ackFlags) check(ids []string) error {
	if (len(ids) == 0) == (c.match == "") {
		return fmt.Errorf("%w: say which alerts, by their IDs or by -match", errUsage)
	}
	return nil
}

func (c *ackFlags) ack(e env, ids []string) error {
	if err := c.check(ids); err != nil {
		return err
	}
	var done acked
	err := c.ask(e.ctx, http.MethodPost, alertingPath+"ack", nil, map[string]any{
		"ids": ids, "match": c.match, "by": c.name(), "note": c.note, "for": c.span, "sticky": c.sticky,
	}, &done)
	if err != nil {
		return err
	}
	return done.print(e, "acknowledged")
}

func (c *ackFlags) unack(e env, ids []string) error {
	if err := c.check(ids); err != nil {
		return err
	}
	query := url.Values{"id": ids, "by": {c.name()}}
	if c.match != "" {
		query.Set("match", c.match)
	}
	var done acked
	if err := c.ask(e.ctx, http.MethodDelete, alertingPath+"ack", query, nil, &done); err != nil {
		return err
	}
	return done.print(e, "no longer acknowledged")
}

func (d acked) print(e env, what string) error {
	for _, id := range d.Alerts {
		fmt.Fprintf(e.stdout, "%s: %s\n", what, clean(id))
	}
	var errs []error
	for _, f := range d.Failed {
		errs = append(errs, errors.New(clean(f.Error)))
	}
	return errors.Join(errs...)
}
