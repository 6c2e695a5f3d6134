// Command rrdstore measures the store against rrdcached, librrd, Ganglia's gmetad
// and Prometheus in one run: `make bench-rrdstore`. It runs each as a child process
// on the same load, in simulated time as fast as it can be had, and reads what it
// cost from the kernel. Nothing of the product imports it.
//
//	go run ./internal/bench/rrdstore -only write -series 10000
//	go run ./internal/bench/rrdstore ours -dir /tmp/x -cpuprofile /tmp/p <<<$'labels 0\nround 30'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-rrdstore:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "ours" {
		return oursCommand(args[1:])
	}
	return benchCommand(ctx, args)
}

// bench is a run of it.
type bench struct {
	self    string
	dir     string // below it all that is written, and removed
	series  int
	reps    int
	long    int // points in the longer flush interval
	threads int // of rrdcached

	book    map[key]figures
	ratios  map[key]float64    // of dirty pages to rrdcached's at 5 min; points are minutes
	seconds map[string]float64 // of starts
	queries map[string]float64 // ms, the slowest
	faults  []error
}

// limit is what all may take.
const limit = 25 * time.Minute

func benchCommand(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	b := &bench{book: map[key]figures{}, ratios: map[key]float64{}, seconds: map[string]float64{}, queries: map[string]float64{}}
	only := f.String("only", "", "parts, by name; all without it: write, gmetad, curve, start, query, scale")
	f.StringVar(&b.dir, "dir", "", "where files are written; a temporary directory without it")
	f.IntVar(&b.series, "series", 100_000, "series of write and start")
	f.IntVar(&b.reps, "reps", 3, "repetitions of what is held against another")
	long := f.Duration("long", 20*time.Minute, "the longer flush interval that both are measured with")
	f.IntVar(&b.threads, "threads", 1, "of rrdcached that write; more are slower")
	if err := f.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(b.dir, "bench-rrdstore-"); err != nil {
		return err
	}
	defer b.remove(b.dir)
	b.long = int(*long / step)
	fmt.Println("# bench-rrdstore:", process.Machine())
	if err := b.run(ctx, strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })); err != nil {
		return err
	}
	process.WriteGoals(os.Stdout, goals(), b, *only == "")
	return errors.Join(b.faults...)
}

// part is a part of the whole measurement.
type part struct {
	name string
	run  func(context.Context) error
}

func (b *bench) run(ctx context.Context, only []string) error {
	all := []part{{"write", b.write}, {"gmetad", b.gmetad}, {"curve", b.curve}, {"start", b.start}, {"query", b.query}, {"scale", b.scale}}
	for _, name := range only {
		if !slices.ContainsFunc(all, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("no part is named %q", name)
		}
	}
	for _, p := range all {
		if len(only) > 0 && !slices.Contains(only, p.name) {
			continue
		}
		begin := time.Now()
		if err := p.run(ctx); err != nil {
			b.fault(fmt.Errorf("%s: %w", p.name, err))
		}
		fmt.Printf("\n(%s took %.0f s)\n", p.name, time.Since(begin).Seconds())
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// fault notes what went wrong; the other parts go on.
func (b *bench) fault(err error) {
	fmt.Println("\n**fault:**", err)
	b.faults = append(b.faults, err)
}

func (b *bench) remove(dir string) {
	if err := os.RemoveAll(dir); err != nil {
		b.fault(err)
	}
}
