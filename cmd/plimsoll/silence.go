package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"plimsoll/alerting/api"
)

func silenceCommand() command {
	return command{
		name: "silence", args: "COMMAND [flags]", about: "have nobody told of some alerts for a while",
		sub: []command{
			addHoldCommand("silence", []string{
				`plimsoll silence add -match 'instance="db1"' -for 2h -note 'new kernel'`,
				`plimsoll silence add -match 'alertname="DiskFull"' -until '2026-12-24 12:00' -dry-run`,
			}),
			listHoldsCommand("silence"), endHoldCommand("silence"),
		},
	}
}

func downtimeCommand() command {
	return command{
		name: "downtime", args: "COMMAND [flags]", about: "plan work during which nobody is told",
		sub: []command{
			addHoldCommand("downtime", []string{
				`plimsoll downtime add -match 'instance=~"rack3-.*"' -from '2026-12-24 22:00' -for 4h -note 'new switch'`,
				`plimsoll downtime add -match 'instance="db1"' -from '2026-12-24 22:00' -for 8h -flexible 30m    # 30 min from the first trouble on`,
				`plimsoll downtime add -match 'job="backup"' -times 'Sun 02:00-04:00' -timezone Europe/London -dry-run`,
			}),
			listHoldsCommand("downtime"), endHoldCommand("downtime"),
		},
	}
}

// holdFlags are those of a new silence or downtime.
type holdFlags struct {
	actor
	kind string
	json bool
	want heldRequest
}

// heldRequest is what is sent.
type heldRequest struct {
	Match    string   `json:"match"`
	All      bool     `json:"all"`
	From     string   `json:"from"`
	Until    string   `json:"until"`
	For      string   `json:"for"`
	By       string   `json:"by"`
	Note     string   `json:"note"`
	DryRun   bool     `json:"dry_run"`
	Flexible string   `json:"flexible,omitempty"`
	Times    []string `json:"times,omitempty"`
	Timezone string   `json:"timezone,omitempty"`
}

func addHoldCommand(kind string, examples []string) command {
	return command{
		name: kind + " add", args: "[flags]", about: "make a " + kind, examples: examples,
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &holdFlags{kind: kind}
			c.flags(f)
			f.StringVar(&c.want.Match, "match", "", "the alerts that `MATCHERS` pick, as in the braces of a PromQL selector")
			f.BoolVar(&c.want.All, "all", false, "every alert")
			f.StringVar(&c.want.From, "from", "", "`TIME` of its begin, as '2026-12-24 12:00' by this machine's clock, or 2026-12-24T12:00:00Z (default now)")
			f.StringVar(&c.want.Until, "until", "", "`TIME` of its end")
			f.StringVar(&c.want.For, "for", "", "its `LENGTH`, as 30m, 2h or 1d")
			f.StringVar(&c.want.Note, "note", "", "`TEXT` for the others")
			f.BoolVar(&c.want.DryRun, "dry-run", false, "make nothing: show what it would be")
			f.BoolVar(&c.json, "json", false, "print the service's answer as it came")
			if kind == "downtime" {
				f.StringVar(&c.want.Flexible, "flexible", "", "begin with the first trouble between -from and the end, and last for a `LENGTH`")
				f.Var((*listFlag)(&c.want.Times), "times", "`TIMES` at which it recurs, as 'Sun 02:00-04:00'; as often as needed")
				f.StringVar(&c.want.Timezone, "timezone", "", "`ZONE` of -times, -from and -until, as Europe/London")
			}
			return c.add
		},
	}
}

// listFlag is a flag that may be given again and again.
type listFlag []string

func (l *listFlag) String() string { return "" }

// Set implements flag.Value.
func (l *listFlag) Set(text string) error {
	*l = append(*l, text)
	return nil
}

func (c *holdFlags) add(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	if (c.want.Match == "") != c.want.All {
		return fmt.Errorf("%w: say which alerts, by -match or -all", errUsage)
	}
	if c.want.Timezone == "" { // by the clock here
		var err1, err2 error
		c.want.From, err1 = momentText("from", c.want.From)
		c.want.Until, err2 = momentText("until", c.want.Until)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
	}
	c.want.By = c.name()
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodPost, alertingPath+c.kind+"s", nil, c.want, &raw); err != nil {
		return err
	}
	if c.json {
		return printJSON(e.stdout, raw)
	}
	var answer struct{ Silence, Downtime *api.Hold }
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Silence == nil && answer.Downtime == nil {
		return errors.Join(fmt.Errorf("answer is no %s: %.200s", c.kind, raw), err)
	}
	made := answer.Silence
	if made == nil {
		made = answer.Downtime
	}
	return printMade(e.stdout, *made)
}

// printMade says what was made, or would be, and what that means now.
func printMade(out io.Writer, h api.Hold) error {
	if h.ID == 0 {
		fmt.Fprintf(out, "this would be a %s\n", h.Kind)
	} else {
		fmt.Fprintf(out, "%s %d\n", h.Kind, h.ID)
	}
	for _, w := range h.Windows {
		fmt.Fprintf(out, "  from %s to %s\n", clock(w.From), clock(w.Until))
	}
	if h.Flexible != "" {
		fmt.Fprintf(out, "  for %s from the first trouble on\n", h.Flexible)
	}
	fmt.Fprintf(out, "  alerts that it picks now: %d\n", len(h.Alerts))
	for _, a := range h.Alerts {
		if _, err := fmt.Fprintf(out, "    %s  %s\n", clean(a.ID), clean(a.Summary)); err != nil {
			return err
		}
	}
	return nil
}
