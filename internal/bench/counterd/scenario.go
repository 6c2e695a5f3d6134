package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"plimsoll/internal/bench/counterd/load"
	"plimsoll/internal/bench/process"
)

// scenario is a load that every daemon of a list gets in turn.
type scenario struct {
	name, title string
	kind        load.Kind
	names       int
	gso         bool
	rate        float64 // 0: a flood
	// who is measured; nil means all but the receivers with GRO,
	who []string
	// which gro adds.
	gro bool
	// notByDefault leaves it to those who ask for it by name.
	notByDefault bool
}

// ordinary is the rate of a busy farm's daemon, in datagrams a second.
const ordinary = 20_000

// many is the number of names that must be no cliff.
const many = 100_000

func scenarios() []scenario {
	few := []string{"ours", "netdata", "netdata-normal"}
	return []scenario{
		{name: "rate-counters", title: "20,000 counters/s, 1,000 names", kind: load.Counter, names: 1000, rate: ordinary},
		{name: "rate-timers", title: "20,000 timers/s, 1,000 names", kind: load.Timer, names: 1000, rate: ordinary},
		{name: "rate-counters-100k", title: "20,000 counters/s, 100,000 names", kind: load.Counter, names: many, rate: ordinary, who: few},
		{name: "gso-counters", title: "counters, GSO flood, 1,000 names", kind: load.Counter, names: 1000, gso: true, gro: true},
		{name: "gso-timers", title: "timers, GSO flood, 1,000 names", kind: load.Timer, names: 1000, gso: true, gro: true},
		{name: "gso-counters-100k", title: "counters, GSO flood, 100,000 names", kind: load.Counter, names: many, gso: true, who: few},
		{name: "plain-counters", title: "counters, flood of plain sends, 1,000 names", kind: load.Counter, names: 1000, who: []string{"ours", "sink", "csink", "netdata", "netdata-normal", "collectd"}},
		{name: "packed", title: "packed counters, flood of plain sends, 1,000 names", kind: load.Packed, names: 1000},
		{name: "packed-gso", title: "packed counters, GSO flood, 1,000 names", kind: load.Packed, names: 1000, gso: true, notByDefault: true},
	}
}

// bench runs scenarios and prints a line for each daemon.
type bench struct {
	daemons []daemon
	// reps is how often what leads is measured, others how often the rest.
	reps, others int
	// flood and pace are how long a load lasts.
	flood, pace time.Duration
	minute      time.Duration // of no loss at a tenth of what is possible
	tick        time.Duration
	long        bool // all of everything
	packets     map[packetsKey]load.Packets
	book        book
}

// part is a part of the whole measurement.
type part struct {
	name         string
	notByDefault bool
	run          func(context.Context)
}

func (b *bench) parts(self string) []part {
	var all []part
	for _, s := range scenarios() {
		all = append(all, part{s.name, s.notByDefault, func(ctx context.Context) { b.run(ctx, s) }})
	}
	return append(all,
		part{"loss-free", false, func(ctx context.Context) { b.lossFree(ctx); b.tenth(ctx, self) }},
		part{"latency", false, b.latencies},
		part{"memory", false, func(ctx context.Context) { b.memory(ctx, self) }},
		part{"conformance", false, b.conformance},
	)
}

type packetsKey struct {
	kind  load.Kind
	names int
}

func (b *bench) packetsOf(k load.Kind, names int) load.Packets {
	key := packetsKey{k, names}
	if _, is := b.packets[key]; !is {
		b.packets[key] = load.Make(k, names, load.Least)
	}
	return b.packets[key]
}

// outcome is all that one daemon did in a scenario.
type outcome struct {
	results []result
	err     error
}

// run measures the daemons in turn, and again: what changes on the machine
// meanwhile comes to all of them alike.
func (b *bench) run(ctx context.Context, s scenario) {
	all := b.takePart(s)
	fmt.Printf("\n## %s: %s (%v; load average %s)\n\n", s.name, s.title, b.duration(s), process.LoadAverage())
	outcomes := make([]outcome, len(all))
	for rep := range max(b.reps, b.others) {
		for i, d := range all {
			if d.start == nil || outcomes[i].err != nil || rep >= b.repsOf(d) || ctx.Err() != nil {
				continue
			}
			r, err := b.once(ctx, s, d)
			if err != nil {
				outcomes[i].err = err
				continue
			}
			outcomes[i].results = append(outcomes[i].results, r)
		}
	}
	b.print(s, all, outcomes)
}

func (b *bench) repsOf(d daemon) int {
	if d.leads {
		return b.reps
	}
	return b.others
}

// takePart are the daemons of a scenario.
func (b *bench) takePart(s scenario) []daemon {
	var all []daemon
	for _, d := range b.daemons {
		if s.who == nil && (s.gro || !d.gro) || slices.Contains(s.who, d.name) {
			all = append(all, d)
		}
	}
	return all
}

func (b *bench) duration(s scenario) time.Duration {
	if s.rate > 0 {
		return b.pace
	}
	return b.flood
}

func (b *bench) once(ctx context.Context, s scenario, d daemon) (result, error) {
	c, done, err := begin(d)
	if err != nil {
		return result{}, err
	}
	defer done()
	p := b.packetsOf(s.kind, s.names)
	if err := warm(ctx, c, p, s.names); err != nil {
		return result{}, err
	}
	return measure(ctx, c, load.Config{Packets: p, GSO: s.gso, Rate: s.rate, Tick: b.tick, Duration: b.duration(s)})
}

// begin starts a daemon in a directory of its own; done ends it and removes that.
func begin(d daemon) (c *child, done func(), err error) {
	dir, err := os.MkdirTemp("", "bench-counterd-")
	if err != nil {
		return nil, nil, err
	}
	port, err := freePort()
	if err == nil {
		c, err = d.start(dir, port)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return c, func() {
		c.Stop(stopTime)
		os.RemoveAll(dir)
	}, nil
}
