package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"plimsoll/alerting/prune"
)

func rulesStatsCommand() command {
	return command{
		name: "rules stats", args: "[flags]", about: "say what the alerts of each rule were good for",
		examples: []string{"plimsoll rules stats", "plimsoll rules stats -days 90"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			r := &rulesQuestion{path: "stats", print: printStats}
			r.flags(f)
			f.IntVar(&r.days, "days", 30, "count the last `N` days")
			return r.run
		},
	}
}

func rulesSuggestCommand() command {
	return command{
		name: "rules suggest", args: "[flags]", about: "say which rules to change, why, and what to write",
		examples: []string{
			"plimsoll rules suggest", "plimsoll rules suggest -json | jq '.[].text'",
			"plimsoll rules suggest -dismiss retire/DiskFull      # it does not come again for 30 days",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			r := &rulesQuestion{path: "suggestions", print: printSuggestions}
			r.flags(f)
			by := f.String("by", os.Getenv("USER"), "your `NAME`; that of the token goes before it")
			dismissed := f.String("dismiss", "", "dismiss the suggestion of this `ID`")
			accepted := f.String("accept", "", "say that the suggestion of this `ID` was taken up")
			return func(e env, args []string) error {
				switch {
				case *dismissed != "" && *accepted != "" || *dismissed+*accepted != "" && len(args) > 0:
					return fmt.Errorf("%w: want one suggestion to be judged", errUsage)
				case *dismissed != "":
					return r.judge(e, *dismissed, "dismissed", *by)
				case *accepted != "":
					return r.judge(e, *accepted, "accepted", *by)
				}
				return r.run(e, args)
			}
		},
	}
}

// judge tells the service what somebody says to a suggestion.
func (r *rulesQuestion) judge(e env, id, judgement, by string) error {
	ask := url.Values{"id": {id}, "judgement": {judgement}, "by": {by}}
	answer, err := r.server.do(e.ctx, http.MethodPost, "/api/plimsoll/v1/rules/"+r.path, ask)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = outcome(answer, func(json.RawMessage) error { return nil })
	return err
}

// rulesQuestion asks the running service about its rules.
type rulesQuestion struct {
	server server
	path   string
	days   int // 0: it is not asked about days
	json   bool
	print  func(io.Writer, json.RawMessage) error
}

func (r *rulesQuestion) flags(f *flag.FlagSet) {
	r.server.where(f)
	f.BoolVar(&r.json, "json", false, "print JSON")
}

func (r *rulesQuestion) run(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	ask := url.Values{}
	if r.days != 0 {
		ask.Set("days", strconv.Itoa(r.days))
	}
	answer, err := r.server.do(e.ctx, http.MethodGet, "/api/plimsoll/v1/rules/"+r.path, ask)
	if err != nil {
		return err
	}
	defer answer.Close()
	body, err := outcome(answer, func(json.RawMessage) error { return nil })
	if err != nil {
		return err
	}
	if r.json {
		_, err := fmt.Fprintf(e.stdout, "%s\n", body)
		return err
	}
	return r.print(e.stdout, body)
}

func printStats(out io.Writer, body json.RawMessage) error {
	var stats []prune.RuleStats
	if err := json.Unmarshal(body, &stats); err != nil {
		return fmt.Errorf("result is none: %w", err)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "RULE\tEPISODES\tACKNOWLEDGED\tACTED ON\tOVER BY ITSELF\tAT NIGHT\tDUPLICATES\tDETECTED IN\tACKNOWLEDGED IN\tPAGE-MINUTES\n")
	for _, s := range stats {
		for _, n := range s.Windows {
			acked := "-"
			if n.Acked > 0 {
				acked = secondsText(n.AckSeconds)
			}
			fmt.Fprintf(w, "%s\t%d\t%.0f %%\t%.0f %%\t%.0f %%\t%d\t%d\t%s\t%s\t%.0f\n", clean(s.Rule), n.Episodes, 100*n.AckedShare,
				100*n.ActedShare, 100*n.SelfResolvedShare, n.Night, n.Duplicates, secondsText(n.DetectSeconds), acked, n.PageMinutes)
		}
	}
	return w.Flush()
}

func secondsText(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

func printSuggestions(out io.Writer, body json.RawMessage) error {
	var found []prune.Suggestion
	if err := json.Unmarshal(body, &found); err != nil {
		return fmt.Errorf("result is none: %w", err)
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(out, "nothing to suggest")
		return err
	}
	for _, s := range found {
		fmt.Fprintf(out, "%s: %s\n", clean(s.ID), clean(s.Text))
		for line := range strings.Lines(s.Change) {
			fmt.Fprintf(out, "    %s\n", clean(strings.TrimSuffix(line, "\n")))
		}
	}
	return nil
}
