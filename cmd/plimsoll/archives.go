package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"plimsoll/dashboard"
	"plimsoll/internal/app"
)

// archives is where a command finds the archives that it works on: in the
// running service, or with -data in a directory that no service uses.
type archives struct {
	server       server
	data, config string
}

func (a *archives) flags(f *flag.FlagSet) {
	f.StringVar(&a.server.url, "server", defaultServer, "`URL` of the running service, which does the work")
	f.StringVar(&a.server.tokenFile, "token-file", "", "`FILE` with the access token, if the service asks for one")
	f.StringVar(&a.data, "data", "", "work on the archives in `DIR`, which no service may be using")
	f.StringVar(&a.config, "config", "", "with -data: the service's YAML `FILE`")
}

// work is one kind of work on archives: where the service does it, and who does
// it without one.
type work struct {
	method, path string
	local        func(dashboard.Storage) dashboard.Work
}

// do has work done, calls each with what it tells, and returns its result.
func (a *archives) do(e env, w work, ask url.Values, each func(json.RawMessage) error) (json.RawMessage, error) {
	return a.doWith(e, w, ask, nil, each)
}

// doWith is do with content, nil for none.
func (a *archives) doWith(e env, w work, ask url.Values, content io.Reader, each func(json.RawMessage) error) (json.RawMessage, error) {
	if a.data != "" {
		return a.here(e, w, ask, content, each)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	path := "/api/plimsoll/v1/storage/" + w.path
	var answer io.ReadCloser
	var err error
	if content == nil {
		answer, err = a.server.do(ctx, w.method, path, ask)
	} else {
		answer, err = a.server.send(ctx, path, ask, content)
	}
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return outcome(answer, each)
}

// outcome reads the lines that a service answers work with.
func outcome(answer io.Reader, each func(json.RawMessage) error) (json.RawMessage, error) {
	for d := json.NewDecoder(answer); ; {
		var l struct {
			Progress, Result json.RawMessage
			Error            string
		}
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("the service broke off: %w", err)
		}
		switch {
		case l.Error != "":
			return nil, errors.New(l.Error)
		case l.Result != nil:
			return l.Result, nil
		}
		if err := each(l.Progress); err != nil {
			return nil, err
		}
	}
}

// here opens the archives in this process.
func (a *archives) here(e env, w work, ask url.Values, content io.Reader, each func(json.RawMessage) error) (_ json.RawMessage, err error) {
	config, err := app.Load(a.config)
	if err != nil {
		return nil, err
	}
	config.Data = a.data
	storage, closer, err := app.OpenArchives(config, slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	var failed error
	result, err := w.local(storage)(ctx, ask, content, func(v any) {
		b, err := json.Marshal(v)
		if err == nil {
			err = each(b)
		}
		if err != nil && failed == nil {
			failed = err
			cancel()
		}
	})
	if err = errors.Join(failed, err); err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// planFlags are the flags of plan-archives.
type planFlags struct {
	set          *flag.FlagSet
	server       server
	data, config string
	series       int
	json         bool
}

func planCommand() command {
	return command{
		name: "plan-archives", args: "[flags]", about: "print what archives take on disk, by class",
		examples: []string{
			"plimsoll plan-archives                                  # what 1,000 series of each class would take",
			"plimsoll plan-archives -config /etc/plimsoll.yml -series 50000",
			"plimsoll plan-archives -config /etc/plimsoll.yml -data /var/lib/plimsoll   # the series there, against the free space",
			"plimsoll plan-archives -server http://127.0.0.1:8680    # the series of the running service",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			p := &planFlags{set: f}
			f.StringVar(&p.server.url, "server", "", "`URL` of the running service whose series are counted")
			f.StringVar(&p.server.tokenFile, "token-file", "", "`FILE` with the access token, if the service asks for one")
			f.StringVar(&p.data, "data", "", "`DIR` whose series are counted; it is only read, a service may be using it")
			f.StringVar(&p.config, "config", "", "YAML `FILE` with the classes; without one the default holds")
			f.IntVar(&p.series, "series", 1000, "plan for `N` plain series and as many timings of each class, if none are counted")
			f.BoolVar(&p.json, "json", false, "print JSON")
			return p.run
		},
	}
}

func (p *planFlags) run(e env, args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	case p.server.url != "" && (p.data != "" || p.config != ""):
		return fmt.Errorf("%w: -server plans with the service's own configuration and data: leave out -data and -config", errUsage)
	case p.series < 0:
		return fmt.Errorf("%w: -series %d is negative", errUsage, p.series)
	}
	body, err := p.plan(e)
	if err != nil {
		return err
	}
	if p.json {
		_, err = fmt.Fprintf(e.stdout, "%s\n", body)
		return err
	}
	return printPlan(e.stdout, body)
}

func (p *planFlags) plan(e env) (json.RawMessage, error) {
	if p.server.url != "" {
		a := archives{server: p.server}
		return a.do(e, work{http.MethodGet, "plan", nil}, nil, func(json.RawMessage) error { return nil })
	}
	config, err := app.Load(p.config)
	if err != nil {
		return nil, err
	}
	config.Data = p.data
	plan, err := app.PlanArchives(config, p.series)
	if err != nil {
		return nil, err
	}
	return json.Marshal(plan)
}

// bytesText writes a size as people read it, in decimal units.
func bytesText(n int64) string {
	v, unit := float64(n), 0
	for v >= 1000 && unit < 5 {
		v /= 1000
		unit++
	}
	return strconv.FormatFloat(v, 'f', decimals(v, unit), 64) + " " + []string{"B", "kB", "MB", "GB", "TB", "PB"}[unit]
}

func decimals(v float64, unit int) int {
	if unit == 0 || v >= 100 {
		return 0
	}
	return 1
}

// day is an instant in ms as people read it.
func day(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04Z")
}
