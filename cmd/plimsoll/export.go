package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"plimsoll/internal/app"
	"plimsoll/internal/remote"
	"plimsoll/internal/total"
)

func exportCommand() command {
	return command{
		name: "export", args: "[flags] [SELECTOR]", about: "copy the history of the archives to an engine or a file",
		examples: []string{
			"plimsoll export -write http://vminsert:8480/insert/0/prometheus/api/v1/write -flavour victoriametrics",
			"plimsoll export -data /var/lib/plimsoll -engine /etc/plimsoll-new.yml -verify -totals /var/lib/plimsoll-new",
			"plimsoll export -data /var/lib/plimsoll -o history.json -state history.state   # goes on where it was broken off",
			"plimsoll export '{job=\"shop\"}' | gzip > shop.json.gz                          # lines as VictoriaMetrics imports them",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			x := &exportFlags{}
			x.flags(f)
			f.StringVar(&x.engine, "engine", "", "the `FILE` that the service is to run with, whose storage tells of the engine")
			f.StringVar(&x.write, "write", "", "`URL` of the engine's remote write")
			f.StringVar(&x.read, "read", "", "`URL` before /api/v1/… of the engine's HTTP API, for -verify")
			f.StringVar(&x.flavour, "flavour", "", "how the engine is read: prometheus or victoriametrics")
			f.StringVar(&x.file, "o", "", "write to `FILE` instead, - for standard output: the default without an engine")
			f.StringVar(&x.state, "state", "", "`FILE` that tells how far it got, to go on from there")
			f.IntVar(&x.rate, "rate", 0, "at most `N` points a second; 0: as fast as they are taken")
			f.BoolVar(&x.verify, "verify", false, "count at the engine what was written")
			f.StringVar(&x.totals, "totals", "", "leave the totals of counters in `DIR`, the data directory of the service that will write to the engine, so that they go on")
			return x.run
		},
	}
}

type exportFlags struct {
	archives
	engine, write, read, flavour string
	file, state, totals          string
	rate                         int
	verify                       bool
}

func (x *exportFlags) run(e env, args []string) (err error) {
	engine, err := x.check(args)
	if err != nil {
		return err
	}
	from, err := x.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	copier := &exporter{env: e, from: from, rate: x.rate, begun: time.Now()}
	if len(args) > 0 {
		copier.match = args[0]
	}
	if copier.progress, err = loadProgress(x.state, copier.match); err != nil {
		return err
	}
	if copier.to, err = x.target(e, engine, copier.progress.Bytes); err != nil {
		return err
	}
	copier.state = x.state
	if err := errors.Join(copier.copyAll(e.ctx), copier.to.close()); err != nil {
		return err
	}
	if x.verify {
		if err := copier.verifyAll(e.ctx, engine); err != nil {
			return err
		}
	}
	if x.totals != "" {
		return x.leaveTotals(e, from, engine)
	}
	return nil
}

// nowhere stands for an address that is not needed.
const nowhere = "http://none.invalid"

// check returns what is known of the engine; there is none when Write is empty.
func (x *exportFlags) check(args []string) (remote.Config, error) {
	c := remote.Default()
	if x.engine != "" {
		config, err := app.Load(x.engine)
		if err != nil {
			return c, err
		}
		c = config.Storage.Remote
	}
	c.Now = time.Now
	for _, o := range []struct{ flag, to *string }{{&x.write, &c.Write}, {&x.read, &c.Read}, {&x.flavour, &c.Flavour}} {
		if *o.flag != "" {
			*o.to = *o.flag
		}
	}
	unread := c.Read == ""
	if unread {
		c.Read = nowhere
	}
	switch {
	case len(args) > 1:
		return c, fmt.Errorf("%w: one selector wanted, %d given (quote it)", errUsage, len(args))
	case x.engine != "" && c.Write == "":
		return c, fmt.Errorf("%w: -engine %s: storage.write names no engine", errUsage, x.engine)
	case c.Write != "" && x.file != "":
		return c, fmt.Errorf("%w: -o %s and an engine: one of them", errUsage, x.file)
	case x.rate < 0:
		return c, fmt.Errorf("%w: -rate %d is negative", errUsage, x.rate)
	case x.verify && (c.Write == "" || unread):
		return c, fmt.Errorf("%w: -verify needs an engine with -read", errUsage)
	case x.state != "" && c.Write == "" && (x.file == "" || x.file == "-"):
		return c, fmt.Errorf("%w: -state needs an engine or a file: what standard output got nobody knows", errUsage)
	case c.Write == "":
		return c, nil
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%w: %w", errUsage, err)
	}
	return c, nil
}

func (x *exportFlags) target(e env, engine remote.Config, written int64) (target, error) {
	switch {
	case engine.Write != "":
		engine.Logger = slog.New(slog.NewTextHandler(e.stderr, nil))
		w, err := remote.NewWriter(engine)
		return &engineTarget{w}, err
	case x.file == "" || x.file == "-":
		return newLineTarget(e.stdout, nil), nil
	}
	f, err := os.OpenFile(x.file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	// What was written behind the last note of progress comes again.
	if err := f.Truncate(written); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(written, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return newLineTarget(f, f), nil
}

// leaveTotals seeds the service that is to follow.
func (x *exportFlags) leaveTotals(e env, from *historySource, engine remote.Config) error {
	if engine.Write == "" {
		engine.Write, engine.Read = nowhere, nowhere
	}
	engine.Dir = x.totals
	all, err := from.totals(e.ctx)
	if err != nil {
		return err
	}
	n, err := remote.Seed(engine, func(yield func(total.Series) bool) {
		for _, t := range all {
			if !yield(t) {
				return
			}
		}
	})
	if err == nil {
		fmt.Fprintf(e.stderr, "totals of %d counters and timings are in %s\n", n, x.totals)
	}
	return err
}

// pace waits until n points may have been sent.
func (x *exporter) pace(ctx context.Context, n int64) error {
	if x.rate <= 0 {
		return ctx.Err()
	}
	due := x.begun.Add(time.Duration(float64(n) / float64(x.rate) * float64(time.Second)))
	return wait(ctx, time.Until(due))
}
