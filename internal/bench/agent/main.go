// Command agent measures what it costs a host to be measured: plimsoll-agent with
// its default configuration, beside Debian's node_exporter and gmond over the same
// minutes and at the same interval: `make bench-agent`. Each is a child process;
// what takes in their data is this process, so that they pay only for giving it.
// Nothing of the product imports it.
//
//	go run ./internal/bench/agent -for 10m
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
		fmt.Fprintln(os.Stderr, "bench-agent:", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	length, warm, interval time.Duration
	agent                  string
}

func bench(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("agent", flag.ContinueOnError)
	var o options
	f.DurationVar(&o.length, "for", 2*time.Minute, "how long to measure")
	f.DurationVar(&o.warm, "warm", 25*time.Second, "how long all run before that")
	f.DurationVar(&o.interval, "interval", 10*time.Second, "how often each measures")
	f.StringVar(&o.agent, "agent", "bin/plimsoll-agent", "the program to measure")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-agent")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(out, "%s\nload average %s; %v at an interval of %v, after %v\n", process.Machine(), process.LoadAverage(), o.length, o.interval, o.warm)
	programs, stop, err := start(ctx, o, dir)
	defer stop()
	if err != nil {
		return err
	}
	if err := pause(ctx, o.warm); err != nil {
		return err
	}
	costs, err := measure(ctx, programs, o.length)
	if err != nil {
		return err
	}
	costs.write(out)
	process.WriteGoals(out, goals, costs, true)
	return nil
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
