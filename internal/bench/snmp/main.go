// Command snmp measures the poller of SNMP beside snmp_exporter: `make bench-snmp`.
// Simulated devices on loopback answer after a while; one in twenty is dead, one
// in twenty answers after two seconds. Each program asks all of them for the same
// objects at the same interval; what it cost is read from the kernel. Nothing of
// the product imports it.
//
//	go run ./internal/bench/snmp -devices 2000 -seconds 60
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"

	"plimsoll/internal/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-snmp:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "devices":
			return devicesCommand(args[1:])
		case "ours":
			return oursCommand(args[1:])
		}
	}
	return benchCommand(ctx, args)
}

// bench is a run of it.
type bench struct {
	self, dir         string
	devices, objects  int
	interval, seconds time.Duration
	addresses         []string
}

// figures are what was measured of a program.
type figures struct {
	name       string
	polls      int // of devices that answer soon
	cpu        time.Duration
	rss        int64
	half, late time.Duration // from the instant of a poll to its samples: p50, p99
}

func benchCommand(ctx context.Context, args []string) error {
	b := &bench{}
	f := flag.NewFlagSet("bench-snmp", flag.ContinueOnError)
	f.IntVar(&b.devices, "devices", 2000, "devices")
	f.IntVar(&b.objects, "objects", 30, "objects of each")
	f.DurationVar(&b.interval, "interval", 10*time.Second, "between two polls of a device")
	f.DurationVar(&b.seconds, "seconds", time.Minute, "how long each program is measured")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "bench-snmp-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	devices, err := process.Speak(exec.Command(b.self, "devices", "-devices", fmt.Sprint(b.devices), "-objects", fmt.Sprint(b.objects)), b.dir)
	if err != nil {
		return err
	}
	defer devices.Stop(time.Second)
	if err := devices.Ask("addresses", &b.addresses); err != nil {
		return err
	}
	fmt.Printf("%d devices, %d objects each, every %s; 5 %% dead, 5 %% answer after 2 s, the others after 100 ms; %s each; load average %s\n\n",
		b.devices, b.objects, b.interval, b.seconds, process.LoadAverage())
	var all []figures
	var errs []error
	for _, measure := range []func(context.Context) (figures, error){b.ours, b.exporter} {
		r, err := measure(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, r)
	}
	b.print(all)
	return errors.Join(errs...)
}

func (b *bench) print(all []figures) {
	fmt.Println("| | polls of living devices | CPU per poll | share of a core | from the instant to the samples: p50 | p99 | memory |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, r := range all {
		fmt.Printf("| %s | %d of %d | %.0f µs | %.1f %% | %.2f s | %.2f s | %.0f MB |\n", r.name, r.polls, b.due(),
			float64(r.cpu.Microseconds())/float64(max(1, r.polls)), 100*r.cpu.Seconds()/b.seconds.Seconds(), r.half.Seconds(), r.late.Seconds(), float64(r.rss)/1e6)
	}
}

// due is how many polls of living devices there are in the time that is measured.
func (b *bench) due() (n int) {
	for i := range b.devices {
		if answers(i) {
			n += int(b.seconds / b.interval)
		}
	}
	return n
}

// quantiles sorts and picks.
func quantiles(took []time.Duration) (half, late time.Duration) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100]
}

// answers reports whether a device answers soon: of twenty, one is dead and one slow.
func answers(i int) bool { return i%20 != 3 && i%20 != 7 }
