package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"plimsoll/internal/bench/counterd/load"
)

// scenario is a load.
type scenario struct {
	name, title string
	kind        load.Kind
	names       int
	gso         bool
	rate        float64 // 0: a flood
}

// ordinary is the rate of a busy farm's daemon, in datagrams a second.
const ordinary = 20_000

func scenarios() []scenario {
	return []scenario{
		{"rate-counters", "20,000 counters/s, 1,000 names", load.Counter, 1000, false, ordinary},
		{"rate-timers", "20,000 timers/s, 1,000 names", load.Timer, 1000, false, ordinary},
		{"rate-counters-100k", "20,000 counters/s, 100,000 names", load.Counter, 100_000, false, ordinary},
		{"gso-counters", "counters, GSO flood, 1,000 names", load.Counter, 1000, true, 0},
		{"gso-timers", "timers, GSO flood, 1,000 names", load.Timer, 1000, true, 0},
		{"gso-counters-100k", "counters, GSO flood, 100,000 names", load.Counter, 100_000, true, 0},
		{"plain-counters", "counters, flood of plain sends, 1,000 names", load.Counter, 1000, false, 0},
		{"packed", "packed counters, flood of plain sends, 1,000 names", load.Packed, 1000, false, 0},
		{"packed-gso", "packed counters, GSO flood, 1,000 names", load.Packed, 1000, true, 0},
	}
}

// bench runs scenarios and prints a line for each daemon.
type bench struct {
	daemons []daemon
	reps    int
	// flood and pace are how long a load lasts.
	flood, pace time.Duration
	tick        time.Duration
	packets     map[packetsKey]load.Packets
}

type packetsKey struct {
	kind  load.Kind
	names int
}

func (b *bench) packetsOf(k load.Kind, names int) load.Packets {
	key := packetsKey{k, names}
	if _, is := b.packets[key]; !is {
		b.packets[key] = load.Make(k, names)
	}
	return b.packets[key]
}

// summary are the medians of the repetitions.
type summary struct {
	rate, micros, lost spread
	rss                float64
	unaccounted        int64
	says               bool
}

// spread is a median with its range.
type spread struct{ median, low, high float64 }

func spreadOf(v []float64) spread {
	slices.Sort(v)
	n := len(v)
	return spread{median: (v[(n-1)/2] + v[n/2]) / 2, low: v[0], high: v[n-1]}
}

func summarize(rs []result) summary {
	pick := func(f func(result) float64) spread {
		v := make([]float64, 0, len(rs))
		for _, r := range rs {
			v = append(v, f(r))
		}
		return spreadOf(v)
	}
	s := summary{rate: pick(result.rate), micros: pick(result.cpuMicros), lost: pick(result.lost), says: rs[0].says}
	s.rss = pick(func(r result) float64 { return float64(r.rss) }).median
	for _, r := range rs {
		s.unaccounted += r.unaccounted()
	}
	return s
}

func (b *bench) run(ctx context.Context, s scenario) map[string]summary {
	fmt.Printf("\n## %s: %s (%d × %v; load average %s)\n\n", s.name, s.title, b.reps, b.duration(s), loadAverage())
	fmt.Println("| daemon | | lines/s | µs CPU per line | % lost | RSS MB | unaccounted lines |")
	fmt.Println("|---|---|---|---|---|---|---|")
	all := map[string]summary{}
	for _, d := range b.daemons {
		if d.start == nil {
			fmt.Printf("| %s | %s | not to be had here: %s | | | | |\n", d.name, d.language, d.missing)
			continue
		}
		sum, err := b.repeat(ctx, s, d)
		if err != nil {
			fmt.Printf("| %s | %s | %v | | | | |\n", d.name, d.language, err)
			continue
		}
		all[d.name] = sum
		fmt.Printf("| %s | %s | %s | %s | %s | %.0f | %s |\n", d.name, d.language,
			thousands(sum.rate), decimals(sum.micros, 1, 2), decimals(sum.lost, 100, 1), sum.rss/1e6, unaccounted(sum))
	}
	return all
}

func (b *bench) duration(s scenario) time.Duration {
	if s.rate > 0 {
		return b.pace
	}
	return b.flood
}

// repeat measures one daemon, which is started anew for each repetition.
func (b *bench) repeat(ctx context.Context, s scenario, d daemon) (summary, error) {
	var rs []result
	for range b.reps {
		r, err := b.once(ctx, s, d)
		if err != nil {
			return summary{}, err
		}
		rs = append(rs, r)
	}
	return summarize(rs), nil
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
		c.stop()
		os.RemoveAll(dir)
	}, nil
}

func thousands(s spread) string {
	return fmt.Sprintf("%.0fk (%.0f–%.0f)", s.median/1e3, s.low/1e3, s.high/1e3)
}

func decimals(s spread, scale float64, digits int) string {
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, scale*s.median, digits, scale*s.low, digits, scale*s.high)
}

func unaccounted(s summary) string {
	if !s.says {
		return "does not say"
	}
	return fmt.Sprint(s.unaccounted)
}
