// Command counterd measures the counter daemon against others and against a sink
// that only counts, in one run: `make bench-counterd`. It runs each as a child
// process, sends bounded loads to 127.0.0.1, and reads what it cost from the
// kernel. Nothing of the product imports it.
//
//	go run ./internal/bench/counterd -only ours,sink -scenario gso-counters -reps 1 -seconds 3
//	go run ./internal/bench/counterd send -to 127.0.0.1:8125 -gso -kind timer -seconds 5
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"time"

	"plimsoll/counterd/listen"
	"plimsoll/internal/bench/counterd/load"
	"plimsoll/internal/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-counterd:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "ours":
			return oursCommand(args[1:])
		case "store":
			return storeCommand(args[1:])
		case "sink":
			return sinkCommand(args[1:])
		case "send":
			return sendCommand(ctx, args[1:])
		}
	}
	return benchCommand(ctx, args)
}

func oursCommand(args []string) error {
	f := flag.NewFlagSet("ours", flag.ContinueOnError)
	at := listen.Default("")
	f.StringVar(&at.Address, "listen", "127.0.0.1:0", "address")
	f.IntVar(&at.Readers, "readers", at.Readers, "sockets that share the port")
	f.IntVar(&at.ReadBuffer, "read-buffer", at.ReadBuffer, "socket buffer to ask for, in bytes")
	f.StringVar(&at.GRO, "gro", at.GRO, "auto or off")
	flush := f.Duration("flush", 0, "interval of the samples; 0 for ours")
	if err := f.Parse(args); err != nil {
		return err
	}
	return runOurs(at, *flush)
}

func storeCommand(args []string) error {
	f := flag.NewFlagSet("store", flag.ContinueOnError)
	data := f.String("data", "", "an empty directory")
	kind := f.String("kind", "", "timer, counter or gauge")
	if err := f.Parse(args); err != nil {
		return err
	}
	return runStore(*data, *kind)
}

func sinkCommand(args []string) error {
	f := flag.NewFlagSet("sink", flag.ContinueOnError)
	listen := f.String("listen", "127.0.0.1:0", "UDP address")
	gro := f.Bool("gro", false, "let the kernel join datagrams (UDP_GRO)")
	if err := f.Parse(args); err != nil {
		return err
	}
	return goSink(*listen, *gro)
}

func sendCommand(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("send", flag.ContinueOnError)
	to := f.String("to", "127.0.0.1:8125", "UDP address on this machine")
	kind := f.String("kind", "counter", "counter, timer, packed or packed-timer")
	names := f.Int("names", 1000, "different names")
	gso := f.Bool("gso", false, "64 datagrams a send")
	rate := f.Float64("rate", 0, "datagrams a second; 0 as fast as possible")
	tick := f.Duration("tick", 500*time.Microsecond, "how often a paced sender sends")
	seconds := f.Float64("seconds", 5, "how long, at most 600")
	most := f.Uint64("most", 0, "datagrams at most; 0 for no such bound")
	if err := f.Parse(args); err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(*to)
	if err != nil {
		return err
	}
	k := load.Kind(*kind)
	if !k.Known() || *names < 1 {
		return fmt.Errorf("kind %q with %d names: no such load", *kind, *names)
	}
	r, err := load.Send(ctx, load.Config{
		To: addr, Packets: load.Make(k, *names, load.Least), GSO: *gso, Rate: *rate, Tick: *tick,
		Duration: time.Duration(min(*seconds, 600) * float64(time.Second)), Most: *most,
	})
	fmt.Printf("sent %d datagrams, %d lines in %v: %.0f datagrams/s\n",
		r.Packets, r.Lines, r.Elapsed.Round(time.Millisecond), float64(r.Packets)/r.Elapsed.Seconds())
	return err
}

func benchCommand(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := f.String("only", "", "daemons, by name; all without it")
	which := f.String("scenario", "", "scenarios, by name; all without it")
	reps := f.Int("reps", 3, "repetitions of ours and of those that it is held against")
	others := f.Int("other-reps", 1, "repetitions of all others")
	seconds := f.Float64("seconds", 0, "length of each load; 0 for 2 s of flood and 6 s of an ordinary rate")
	long := f.Bool("long", false, "30 s of an ordinary rate, and everything as often")
	tick := f.Duration("tick", 500*time.Microsecond, "how often a paced sender sends")
	if err := f.Parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b := &bench{
		reps: *reps, others: min(*reps, *others), flood: 2 * time.Second, pace: 6 * time.Second, minute: time.Minute, tick: *tick, long: *long,
		packets: map[packetsKey]load.Packets{}, book: book{},
	}
	if *long {
		b.pace, b.others = 30*time.Second, b.reps
	}
	if *seconds > 0 {
		b.flood = time.Duration(*seconds * float64(time.Second))
		b.pace, b.minute = b.flood, b.flood
	}
	if b.daemons, err = pick("daemon", append(home(self), peers()...), *only, func(d daemon) string { return d.name }); err != nil {
		return err
	}
	parts, err := pick("scenario", b.parts(self), *which, func(p part) string { return p.name })
	if err != nil {
		return err
	}
	b.daemons = ready(b.daemons)
	fmt.Println("# bench-counterd:", machine())
	for _, p := range parts {
		if *which != "" || !p.notByDefault {
			p.run(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	process.WriteGoals(os.Stdout, goals(), b.book, *which == "" && *only == "")
	return nil
}

// pick returns those of all whose names stand in list, in the order of all; an
// empty list means all.
func pick[T any](what string, all []T, list string, name func(T) string) ([]T, error) {
	if list == "" {
		return all, nil
	}
	var picked []T
	wanted := map[string]bool{}
	for n := range strings.SplitSeq(list, ",") {
		wanted[strings.TrimSpace(n)] = true
	}
	known := make([]string, 0, len(all))
	for _, a := range all {
		known = append(known, name(a))
		if wanted[name(a)] {
			picked = append(picked, a)
			delete(wanted, name(a))
		}
	}
	for n := range wanted {
		return nil, fmt.Errorf("no %s is named %q; there are %s", what, n, strings.Join(known, ", "))
	}
	return picked, nil
}
