package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	sourcesPath = "/api/plimsoll/v1/sources"
	retirePath  = "/api/plimsoll/v1/hosts/retire"
)

func hostCommand() command {
	return command{
		name: "host", args: "COMMAND [flags]", about: "list hosts by the age of their data, and retire them",
		sub: []command{hostListCommand(), hostRetireCommand()},
	}
}

func hostListCommand() command {
	return command{
		name: "host ls", args: "[flags]", about: "print the hosts and how old their data is",
		examples: []string{"plimsoll host ls", "plimsoll host ls -retired", "plimsoll host ls -json | jq '.sources[] | select(.refused)'"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &hostList{}
			c.server.flags(f)
			f.BoolVar(&c.retired, "retired", false, "print those that are out of the live view")
			f.BoolVar(&c.json, "json", false, "print the service's answer as it came: hosts and sources")
			return c.run
		},
	}
}

type hostList struct {
	server        server
	retired, json bool
}

// knownHost is what the service says of a host.
type knownHost struct {
	Instance, Job, Source string
	LastSeen              time.Time `json:"last_seen"`
	AgeSeconds            float64   `json:"age_seconds"`
	SamplesPerSecond      float64   `json:"samples_per_second"`
	Alive, Retired        bool
	RetiredAt             time.Time `json:"retired_at"`
}

func (c *hostList) run(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	body, err := c.server.get(e.ctx, sourcesPath, nil)
	if err != nil {
		return err
	}
	if c.json {
		fmt.Fprintln(e.stdout, strings.TrimSpace(string(body)))
		return nil
	}
	var answer struct{ Hosts []knownHost }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("answer is no JSON: %w", err)
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tJOB\tSTATE\tDATA OLD\tSAMPLES/S\tSENT BY")
	for _, h := range answer.Hosts {
		if h.Retired == c.retired {
			h.print(w)
		}
	}
	return w.Flush()
}

func (h knownHost) print(w io.Writer) {
	state := "silent"
	switch {
	case h.Retired:
		state = "retired " + h.RetiredAt.Format(time.DateOnly)
	case h.Alive:
		state = "alive"
	}
	age := time.Duration(h.AgeSeconds * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\t%s\n",
		clean(h.Instance), clean(cmp.Or(h.Job, "-")), state, age, h.SamplesPerSecond, clean(cmp.Or(h.Source, "-")))
}

func hostRetireCommand() command {
	return command{
		name: "host retire", args: "[flags] NAME", about: "take a host out of the live view until it sends again",
		examples: []string{"plimsoll host retire web7", "plimsoll host retire -job node web7"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			var s server
			s.flags(f)
			job := f.String("job", "", "only of this `JOB`")
			return func(e env, args []string) error {
				if len(args) != 1 {
					return fmt.Errorf("%w: want the name of one host, its label instance", errUsage)
				}
				_, err := s.post(e.ctx, retirePath, url.Values{"instance": {args[0]}, "job": {*job}})
				return err
			}
		},
	}
}
