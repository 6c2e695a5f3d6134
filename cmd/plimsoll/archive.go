package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"plimsoll/dashboard"
)

func archiveCommand() command {
	return command{
		name: "archive", args: "COMMAND [flags] [arguments]", about: "list the archives of series and work on them",
		sub: []command{listCommand(), removeCommand(), restoreCommand(), verifyCommand(), dumpCommand(), undumpCommand()},
	}
}

func listCommand() command {
	return command{
		name: "archive ls", args: "[flags] [SELECTOR]", about: "list series and their archives",
		examples: []string{
			"plimsoll archive ls",
			"plimsoll archive ls 'node_cpu_seconds_total{host=\"web3\"}'",
			"plimsoll archive ls -top job                       # who has the most series",
			"plimsoll archive ls -retired",
			"plimsoll archive ls -due 720h                      # whose files go within 30 days",
			"plimsoll archive ls -json | jq -r '.files[]'",
			"plimsoll archive ls -data /var/lib/plimsoll        # when no service runs",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			l := &listFlags{}
			l.flags(f)
			f.StringVar(&l.top, "top", "", "count series and bytes by the values of `LABEL`, the most first")
			f.BoolVar(&l.retired, "retired", false, "list series that were silent and are on disk only")
			f.DurationVar(&l.due, "due", 0, "list retired series whose files will be removed within `DURATION`")
			f.BoolVar(&l.json, "json", false, "print JSON, one series a line")
			return l.run
		},
	}
}

type listFlags struct {
	archives
	top           string
	retired, json bool
	due           time.Duration
}

var listWork = work{http.MethodGet, "archives", func(s dashboard.Storage) dashboard.Work { return s.List }}

// listed is one series as the service tells of it.
type listed struct {
	Labels             map[string]string
	Kind, Class, State string
	Files              []string
	Bytes, First, Last int64
	Removal            int64
}

func (s *listed) state() string {
	if s.Removal > 0 {
		return s.State + ", files go " + day(s.Removal)
	}
	return s.State
}

// oneSelector returns the argument of a command that takes one, or none.
func oneSelector(args []string) (string, error) {
	if len(args) > 1 {
		return "", fmt.Errorf("%w: one selector wanted, %d given (quote it)", errUsage, len(args))
	}
	return strings.Join(args, ""), nil
}

func (l *listFlags) run(e env, args []string) error {
	match, err := oneSelector(args)
	if err != nil {
		return err
	}
	ask := url.Values{"match": {match}, "top": {l.top}}
	if l.retired {
		ask.Set("retired", "true")
	}
	if l.due > 0 {
		ask.Set("due", l.due.String())
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	result, err := l.do(e, listWork, ask, func(line json.RawMessage) error { return l.print(e.stdout, w, line) })
	if err != nil {
		return err
	}
	if l.top != "" {
		return l.printTop(e, result)
	}
	var sum struct{ Series, Bytes int64 }
	if err := json.Unmarshal(result, &sum); err != nil {
		return fmt.Errorf("answer is no sum: %w", err)
	}
	if !l.json {
		fmt.Fprintf(w, "%d series\t\t\t\t%s\n", sum.Series, bytesText(sum.Bytes))
	}
	return w.Flush()
}

func (l *listFlags) print(out io.Writer, w *tabwriter.Writer, line json.RawMessage) error {
	var all []json.RawMessage
	if err := json.Unmarshal(line, &all); err != nil {
		return fmt.Errorf("answer is no list: %w", err)
	}
	for _, raw := range all {
		if l.json {
			fmt.Fprintf(out, "%s\n", raw)
			continue
		}
		var s listed
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("answer is no series: %w", err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s to %s\t%s\n", clean(seriesName(s.Labels)), s.Kind, s.Class, s.state(),
			bytesText(s.Bytes), day(s.First), day(s.Last), clean(shownFiles(s.Files)))
	}
	return w.Flush()
}

// shownFiles names the one file, or of those of a timing the first.
func shownFiles(files []string) string {
	switch len(files) {
	case 0:
		return "(no file yet)"
	case 1:
		return files[0]
	}
	return fmt.Sprintf("%s and %d more", files[0], len(files)-1)
}

func (l *listFlags) printTop(e env, result json.RawMessage) error {
	if l.json {
		_, err := fmt.Fprintf(e.stdout, "%s\n", result)
		return err
	}
	var answer struct {
		Top []struct {
			Value                string
			Series, Files, Bytes int64
			Refused              uint64
		}
		Values int
	}
	if err := json.Unmarshal(result, &answer); err != nil {
		return fmt.Errorf("answer is no table: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tSERIES\tFILES\tBYTES\tREFUSED BY QUOTA\n", strings.ToUpper(l.top))
	for _, t := range answer.Top {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\n", clean(cmp.Or(t.Value, "(none)")), t.Series, t.Files, bytesText(t.Bytes), t.Refused)
	}
	if more := answer.Values - len(answer.Top); more > 0 {
		fmt.Fprintf(w, "… and %d values more\n", more)
	}
	return w.Flush()
}

// givenTo says which series have a class.
func givenTo(class string, match []string) string {
	switch {
	case len(match) > 0:
		return strings.Join(match, " ")
	case class == "standard":
		return "all others"
	}
	return "(no rule gives it)"
}

// printPlan writes a plan as a table.
func printPlan(out io.Writer, body json.RawMessage) error {
	var plan struct {
		Classes []struct {
			Class, Heartbeat      string
			Match                 []string
			PlainBytes            int64 `json:"plain_bytes"`
			TimingBytes           int64 `json:"timing_bytes"`
			TimingFiles           int   `json:"timing_files"`
			Plain, Timings, Bytes int64
		}
		Counted bool
		Bytes   int64
		Free    int64 `json:"free_bytes"`
	}
	if err := json.Unmarshal(body, &plan); err != nil {
		return fmt.Errorf("plan is none: %w", err)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "CLASS\tGAUGE OR COUNTER\tTIMING\tGAUGES AND COUNTERS\tTIMINGS\tBYTES\tFOR\n")
	for _, c := range plan.Classes {
		fmt.Fprintf(w, "%s\t%s in 1 file\t%s in %d files\t%d\t%d\t%s\t%s\n", clean(c.Class), bytesText(c.PlainBytes),
			bytesText(c.TimingBytes), c.TimingFiles, c.Plain, c.Timings, bytesText(c.Bytes), clean(givenTo(c.Class, c.Match)))
	}
	switch {
	case plan.Counted && plan.Free > 0:
		fmt.Fprintf(w, "in all\t\t\t\t\t%s\t%s more are free on the file system\n", bytesText(plan.Bytes), bytesText(plan.Free))
	case plan.Counted:
		fmt.Fprintf(w, "in all\t\t\t\t\t%s\t\n", bytesText(plan.Bytes))
	}
	return w.Flush()
}
