package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

const countersPath = "/api/plimsoll/v1/counters"

func countersCommand() command {
	return command{
		name: "counters", args: "[flags]", about: "print the account of the counter daemon",
		examples: []string{
			"plimsoll counters",
			"plimsoll counters -bad         # the last 20 bad lines and who sent them",
			"plimsoll counters -json | jq .listeners",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &countersFlags{}
			c.server.flags(f)
			f.BoolVar(&c.bad, "bad", false, "print the last 20 bad lines with time, source and reason")
			f.BoolVar(&c.json, "json", false, "print the service's answer as it came")
			return c.run
		},
	}
}

type countersFlags struct {
	server    server
	bad, json bool
}

// account is what the service says of its counter daemon.
type account struct {
	Address     string
	Received    uint64
	Lines       uint64
	Parsed      uint64
	Bad         map[string]uint64
	Dropped     map[string]uint64
	Refused     uint64
	Delivered   uint64
	Waiting     int
	KernelDrops uint64 `json:"kernel_drops"`
	Series      int
	BadLines    []tailLine `json:"bad_lines"`
	Collisions  []struct {
		Name, Owner, Refused string
		Lines                uint64
	}
	Offenders []struct {
		Kind, Name string
		Series     int
		Lines      uint64
	}
	Listeners []struct {
		Address         string
		Received, Drops uint64
	}
}

func (c *countersFlags) run(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	body, err := c.server.get(e.ctx, countersPath, url.Values{"names": {"0"}})
	if err != nil {
		return err
	}
	if c.json {
		fmt.Fprintln(e.stdout, strings.TrimSpace(string(body)))
		return nil
	}
	var a account
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("answer is no JSON: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	if c.bad {
		a.printBad(w)
	} else {
		a.print(w)
	}
	return w.Flush()
}

func (a *account) print(w io.Writer) {
	row := func(what string, n uint64, meaning string) { fmt.Fprintf(w, "%s\t%d\t%s\n", what, n, meaning) }
	row("received", a.Received, "datagrams")
	row("kernel drops", a.KernelDrops, "datagrams, lost before they could be read")
	row("lines", a.Lines, "in the datagrams received")
	row("parsed", a.Parsed, "lines that were counted")
	for _, reason := range slices.Sorted(maps.Keys(a.Bad)) {
		row("bad: "+clean(reason), a.Bad[reason], "lines")
	}
	for _, queue := range slices.Sorted(maps.Keys(a.Dropped)) {
		row("dropped: "+clean(queue), a.Dropped[queue], "lost because this queue was full")
	}
	row("refused", a.Refused, "samples that the store refused")
	row("delivered", a.Delivered, "samples that the store has")
	row("waiting", uint64(max(0, a.Waiting)), "samples for the store")
	row("series", uint64(max(0, a.Series)), "alive")
	for _, l := range a.Listeners {
		fmt.Fprintf(w, "listener %s\t%d\tdatagrams received, %d dropped by the kernel\n", clean(l.Address), l.Received, l.Drops)
	}
	for _, o := range a.Offenders {
		fmt.Fprintf(w, "over a limit: %s %s\t%d\tlines went to __other__; it has %d series\n", clean(o.Kind), clean(o.Name), o.Lines, o.Series)
	}
	for _, c := range a.Collisions {
		fmt.Fprintf(w, "collision: %s\t%d\tlines of %s refused: the name belongs to %s\n", clean(c.Name), c.Lines, clean(c.Refused), clean(c.Owner))
	}
}

func (a *account) printBad(w io.Writer) {
	if len(a.BadLines) == 0 {
		fmt.Fprintln(w, "no bad line so far")
	}
	for _, l := range a.BadLines {
		l.print(w)
	}
}

// tailLine is a line that came in.
type tailLine struct {
	At                   time.Time
	Source, Line, Reason string
	Missed               uint64
}

func (l *tailLine) print(w io.Writer) {
	if l.Missed > 0 {
		fmt.Fprintf(w, "… %d lines more, too fast to be shown\n", l.Missed)
	}
	if l.Line == "" && l.Reason == "" {
		return
	}
	source, verdict := l.Source, "counted"
	if source == "" {
		source = "local"
	}
	if l.Reason != "" {
		verdict = "refused: " + l.Reason
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.At.UTC().Format("2006-01-02T15:04:05.000Z"), clean(source), clean(verdict), clean(l.Line))
}

// clean shows what others sent without its power over the terminal.
func clean(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		q := strconv.Quote(s)
		return q[1 : len(q)-1]
	}
	return s
}

func tailCommand() command {
	return command{
		name: "tail", args: "[flags] [NAME]", about: "show counter lines as they come in, of one raw name or of all",
		examples: []string{
			"plimsoll tail db-query         # raw names, as senders write them",
			"plimsoll tail | grep refused",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			var s server
			s.flags(f)
			asJSON := f.Bool("json", false, "print each line as JSON")
			return func(e env, args []string) error {
				if len(args) > 1 {
					return fmt.Errorf("%w: one name wanted, %d given", errUsage, len(args))
				}
				return tail(e, &s, strings.Join(args, ""), *asJSON)
			}
		},
	}
}

// tail prints until the service ends, or the process is.
func tail(e env, s *server, name string, asJSON bool) error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	body, err := s.open(ctx, countersPath+"/tail", url.Values{"name": {name}})
	if err != nil {
		return err
	}
	defer body.Close()
	for d := json.NewDecoder(body); ; {
		var raw json.RawMessage
		var l tailLine
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("the service ended the tail: %w", err)
		}
		if asJSON {
			fmt.Fprintf(e.stdout, "%s\n", raw)
			continue
		}
		if err := json.Unmarshal(raw, &l); err != nil {
			return fmt.Errorf("answer is no line: %w", err)
		}
		l.print(e.stdout)
	}
}
