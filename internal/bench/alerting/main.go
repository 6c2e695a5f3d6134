// Command alerting measures what it costs to evaluate rules: 10,000 of them over
// 100,000 series each 10 s, beside Debian's Prometheus with the same rules and
// the same samples over the same minutes: `make bench-alerting`. Both first take
// in the samples without rules; what they use more with them is what rules cost.
// Nothing of the product imports it.
//
//	go run ./internal/bench/alerting -rules 1000 -series 10000 -for 30s
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"plimsoll/internal/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-alerting:", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	rules, series int
	length, warm  time.Duration
	serve         string
}

// every is how often samples come and rules are evaluated.
const every = 10 * time.Second

func bench(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("alerting", flag.ContinueOnError)
	var o options
	f.IntVar(&o.rules, "rules", 10_000, "how many rules")
	f.IntVar(&o.series, "series", 100_000, "how many series, the same number for each rule")
	f.DurationVar(&o.length, "for", time.Minute, "how long to measure, without rules and then with them")
	f.DurationVar(&o.warm, "warm", 40*time.Second, "how long both run before each")
	f.StringVar(&o.serve, "serve", "bin/plimsoll", "the program to measure")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-alerting")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(out, "%s\nload average %s; %d rules over %d series each %v, %v\n",
		process.Machine(), process.LoadAverage(), o.rules, o.series, every, o.length)
	servers, stop, err := start(o, dir)
	defer stop()
	if err != nil {
		return err
	}
	feeding, end := context.WithCancel(ctx)
	fed := make(chan error, 1)
	go func() { fed <- feed(feeding, o, servers) }() // awaited below
	r, err := run(ctx, o, servers)
	end()
	if err := errors.Join(err, <-fed); err != nil {
		return err
	}
	r.write(out)
	process.WriteGoals(out, goals, r, true)
	return nil
}

// run measures all servers without rules and then with them.
func run(ctx context.Context, o options, servers []server) (result, error) {
	r := result{options: o}
	bare, err := r.measure(ctx, servers)
	if err != nil {
		return r, err
	}
	for _, s := range servers {
		if err := s.load(ctx, o); err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	ruled, err := r.measure(ctx, servers)
	if err != nil {
		return r, err
	}
	for i, s := range servers {
		if err := s.holds(ctx, o); err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
		r.costs = append(r.costs, cost{name: s.name, bare: bare[i].cpu, ruled: ruled[i].cpu, grown: ruled[i].rss - bare[i].rss})
	}
	return r, nil
}

// pause waits for d, or for the end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.New("interrupted")
	}
}
