package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"plimsoll/alerting/api"
)

func listHoldsCommand(kind string) command {
	return command{
		name: kind + " ls", args: "[flags]", about: "list each " + kind + " that is not over",
		examples: []string{"plimsoll " + kind + " ls", "plimsoll " + kind + " ls -json"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			var s server
			s.flags(f)
			asJSON := f.Bool("json", false, "print the service's answer as it came")
			return func(e env, args []string) error {
				if len(args) > 0 {
					return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
				}
				var raw json.RawMessage
				if err := s.ask(e.ctx, http.MethodGet, alertingPath+kind+"s", nil, nil, &raw); err != nil {
					return err
				}
				if *asJSON {
					return printJSON(e.stdout, raw)
				}
				var answer struct{ Silences, Downtimes []api.Hold }
				if err := json.Unmarshal(raw, &answer); err != nil {
					return fmt.Errorf("answer is no list: %w", err)
				}
				return printHolds(e.stdout, append(answer.Silences, answer.Downtimes...))
			}
		},
	}
}

func printHolds(out io.Writer, holds []api.Hold) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNOW\tNEXT\tALERTS\tPICKS\tBY\tNOTE")
	for _, h := range holds {
		id, now, next, picks := h.Name, "-", "-", h.Match
		if h.ID > 0 {
			id = strconv.FormatInt(h.ID, 10)
		}
		if h.Active {
			now = "active"
		}
		if len(h.Windows) > 0 {
			next = clock(h.Windows[0].From) + " to " + clock(h.Windows[0].Until)
		}
		if h.All {
			picks = "everything"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", word(id), now, next, len(h.Alerts), clean(picks), word(h.By), word(h.Note))
	}
	return w.Flush()
}

func endHoldCommand(kind string) command {
	return command{
		name: kind + " end", args: "[flags] ID…", about: "take back a " + kind + ": what lasts is told now",
		examples: []string{"plimsoll " + kind + " end 3"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &actor{}
			c.flags(f)
			return func(e env, ids []string) error { return c.end(e, kind+"s", ids) }
		},
	}
}

// end takes entries back by their numbers.
func (a *actor) end(e env, what string, ids []string) error {
	if len(ids) == 0 {
		return fmt.Errorf("%w: want the ID that ls shows", errUsage)
	}
	for _, id := range ids {
		if n, err := strconv.ParseInt(id, 10, 64); err != nil || n < 1 {
			return fmt.Errorf("%w: %q is no ID, which is a number; what the configuration plans ends there", errUsage, strings.TrimSpace(id))
		}
	}
	for _, id := range ids {
		var answer struct{}
		if err := a.ask(e.ctx, http.MethodDelete, alertingPath+what, url.Values{"id": {id}, "by": {a.name()}}, nil, &answer); err != nil {
			return err
		}
	}
	return nil
}
