package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"plimsoll/internal/bench/process"
)

// use is what a server used within the time measured, and its memory at the end.
type use struct {
	cpu time.Duration
	rss int64
}

// cost is what a server used, without rules and with them.
type cost struct {
	name        string
	bare, ruled time.Duration
	grown       int64 // bytes of memory
}

type result struct {
	options
	costs []cost
}

func (r result) measure(ctx context.Context, servers []server) ([]use, error) {
	if err := pause(ctx, r.warm); err != nil {
		return nil, err
	}
	uses := make([]use, len(servers))
	for i, s := range servers {
		cpu, err := process.CPUTime(s.PID())
		if err != nil {
			return nil, fmt.Errorf("%s: %w; it said %s", s.name, err, s.Said())
		}
		uses[i].cpu = -cpu
	}
	if err := pause(ctx, r.length); err != nil {
		return nil, err
	}
	for i, s := range servers {
		cpu, err := process.CPUTime(s.PID())
		if err != nil {
			return nil, fmt.Errorf("%s: %w; it said %s", s.name, err, s.Said())
		}
		uses[i].cpu += cpu
		if uses[i].rss, err = process.RSSBytes(s.PID()); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return uses, nil
}

// share is the part of one core that rules take.
func (r result) share(c cost) float64 { return (c.ruled - c.bare).Seconds() / r.length.Seconds() }

func (r result) write(w io.Writer) {
	fmt.Fprintf(w, "\n| server | of a core without rules | with them | rules alone | a rule | memory that rules took |\n|---|---|---|---|---|---|\n")
	looks := float64(r.rules) * r.length.Seconds() / every.Seconds()
	for _, c := range r.costs {
		fmt.Fprintf(w, "| %s | %.1f %% | %.1f %% | %.1f %% | %.0f µs | %.0f MB |\n", c.name,
			100*c.bare.Seconds()/r.length.Seconds(), 100*c.ruled.Seconds()/r.length.Seconds(), 100*r.share(c),
			float64((c.ruled-c.bare).Microseconds())/looks, float64(c.grown)/1e6)
	}
}

func (r result) of(name string) (cost, bool) {
	for _, c := range r.costs {
		if c.name == name {
			return c, true
		}
	}
	return cost{}, false
}

// goals are what is to be reached within one run.
var goals = []process.Goal[result]{
	{
		What: "rules within 20 % of a core",
		Measured: func(r result) (string, bool, bool) {
			c, is := r.of(ours)
			return fmt.Sprintf("%.1f %%", 100*r.share(c)), r.share(c) <= 0.2, is
		},
	},
	{
		What: "no more than Prometheus",
		Measured: func(r result) (string, bool, bool) {
			c, _ := r.of(ours)
			p, is := r.of(prometheus)
			return fmt.Sprintf("%.2f of its", r.share(c)/r.share(p)), r.share(c) <= r.share(p), is
		},
	},
}
