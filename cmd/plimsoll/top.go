package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"text/tabwriter"
	"time"
)

func topCommand() command {
	return command{
		name: "top", args: "[flags]", about: "show the busiest counters and timings, or processes, live",
		examples: []string{
			"plimsoll top",
			"plimsoll top -n 50 -interval 5s",
			"plimsoll top -once | head",
			"plimsoll top -processes -by memory",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			t := &topFlags{}
			t.server.flags(f)
			f.IntVar(&t.n, "n", 20, "show so many `SERIES`, at most 1000")
			f.DurationVar(&t.interval, "interval", time.Second, "show the last second anew each `DURATION`")
			f.BoolVar(&t.once, "once", false, "print one table and end")
			f.BoolVar(&t.processes, "processes", false, "show the busiest processes of the service's host; those of others: plimsoll-agent top there")
			f.StringVar(&t.by, "by", "cpu", "sort processes by cpu or `memory`")
			return t.run
		},
	}
}

type topFlags struct {
	server   server
	n        int
	interval time.Duration
	once     bool

	processes bool
	by        string
}

// table is what the service says at the end of a second.
type table struct {
	At          time.Time
	Lines       uint64
	Bad         uint64
	Dropped     uint64
	KernelDrops uint64 `json:"kernel_drops"`
	Series      int
	Rate        float64
	Top         []struct {
		Name, Type string
		Labels     map[string]string
		Rate       float64
	}
}

func (t *topFlags) run(e env, args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	case t.n < 1 || t.n > 1000:
		return fmt.Errorf("%w: -n %d: want 1 to 1000", errUsage, t.n)
	case t.interval < time.Second:
		return fmt.Errorf("%w: -interval %s: want at least 1s", errUsage, t.interval)
	}
	redraw := !t.once && isTerminal(e.stdout)
	if t.processes {
		return t.runProcesses(e, redraw)
	}
	last, err := t.ask(e) // what lines per second are counted from
	if err != nil {
		return err
	}
	for {
		now, err := t.ask(e)
		if err != nil {
			return err
		}
		if now.At.Sub(last.At) >= t.interval-time.Second/2 || t.once {
			if err := now.draw(e.stdout, last, redraw); err != nil {
				return err
			}
			last = now
		}
		if t.once {
			return nil
		}
	}
}

// ask waits for the end of a second.
func (t *topFlags) ask(e env) (*table, error) {
	body, err := t.server.get(e.ctx, countersPath+"/top", url.Values{"n": {strconv.Itoa(t.n)}})
	if err != nil {
		return nil, err
	}
	var out table
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("answer is no JSON: %w", err)
	}
	return &out, nil
}

// draw prints the table in one write, on a terminal over the one before.
func (t *table) draw(to io.Writer, last *table, redraw bool) error {
	var b bytes.Buffer
	seconds := max(t.At.Sub(last.At).Seconds(), 0.001)
	per := func(now, before uint64) string { return rate(float64(now-min(now, before)) / seconds) }
	fmt.Fprintf(&b, "%s  lines/s %s  bad/s %s  drops/s %s  series %d\n\n", t.At.UTC().Format("15:04:05Z"), per(t.Lines, last.Lines),
		per(t.Bad, last.Bad), per(t.Dropped+t.KernelDrops, last.Dropped+last.KernelDrops), t.Series)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tLABELS\tTYPE\tPER SECOND\tSHARE")
	for _, s := range t.Top {
		labels := "-"
		if len(s.Labels) > 0 {
			labels = clean(seriesName(s.Labels))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f %%\n", clean(s.Name), labels, s.Type, rate(s.Rate), 100*s.Rate/max(t.Rate, 1e-9))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return show(to, b.Bytes(), redraw)
}

// show writes a table, on a terminal over the one before.
func show(to io.Writer, out []byte, redraw bool) error {
	if redraw { // home; to the end of each line, and of the screen, nothing stays
		out = append([]byte("\x1b[H"), bytes.ReplaceAll(out, []byte("\n"), []byte("\x1b[K\n"))...)
		out = append(out, "\x1b[J"...)
	}
	_, err := to.Write(out)
	return err
}

// rate writes a number for people.
func rate(v float64) string {
	if v != 0 && v < 100 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// isTerminal tells a terminal from a file or a pipe.
func isTerminal(w io.Writer) bool {
	f, is := w.(*os.File)
	if !is {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
