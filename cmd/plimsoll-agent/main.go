// Plimsoll-agent measures the host it runs on, and the servers there, counts for
// its applications, and pushes all that to a collector by Prometheus' remote
// write. It is one static program without cgo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"plimsoll/internal/agent"
)

// Exit codes.
const (
	exitGood   = 0
	exitFailed = 1
	exitWrong  = 2 // wrong use: an unknown flag, a value that makes no sense
)

// maxProcs is how many threads run Go code at a time, unless GOMAXPROCS in the
// environment says else. One wakes no others at each tick and datagram, which
// costs more than the work itself, and leaves the host's other processors alone.
const maxProcs = 1

const usage = `Usage: plimsoll-agent [flags]
       plimsoll-agent test [flags] [TARGET]
       plimsoll-agent log [flags] < LOG
       plimsoll-agent top [flags]
       plimsoll-agent check-config FILE

Measures this host, counts for its applications (UDP, 127.0.0.1:8125), and
pushes all that to a Plimsoll server, or to any receiver of Prometheus' remote
write. test measures once, prints what would be pushed, and pushes nothing; with
TARGET, a part of a target's kind, job or instance, only what matches. log takes the
lines of a web server's piped log; plimsoll-agent log -h tells more. top lists
the busiest processes.

Flags, which go over the file:
  -config FILE      YAML file; without one this host alone is measured
  -server URL       where to push to (default http://127.0.0.1:8680)
  -token-file FILE  file with the bearer token; it is read at each push
  -data DIR         keeps what could not be pushed yet; without one it is in
                    memory, and lost when the program ends
  -interval TIME    how often to measure, 1s or more (default 10s)
  -instance NAME    value of the label instance (default: the host's name)
  -version          print the version and exit
  -h, -help         print this text and exit

Examples:
  plimsoll-agent
  plimsoll-agent -server https://monitor.example.net -token-file /etc/plimsoll/token
  plimsoll-agent -config /etc/plimsoll/agent.yml
  plimsoll-agent test -config /etc/plimsoll/agent.yml memcache
  kill -HUP PID    # read the configuration again, all or nothing

Exit codes: 0 good, 1 failed, 2 wrong use. SIGTERM and SIGINT push the last
round and stop.
`

// gcPercent keeps the agent small: it has little garbage, and the memory of the
// host is not its own.
const gcPercent = 40

func main() {
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(maxProcs)
	}
	// Signals are caught until the process ends.
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the flags say.
type options struct {
	set                                               *flag.FlagSet
	config, server, tokenFile, data, instance, target string
	interval                                          time.Duration
	version, test                                     bool
}

// parse reads the arguments; flag.ErrHelp means that the usage was asked for.
func parse(args []string, stderr io.Writer) (options, error) {
	o := options{set: flag.NewFlagSet("plimsoll-agent", flag.ContinueOnError)}
	if len(args) > 0 && args[0] == "test" {
		o.test, args = true, args[1:]
	}
	d := agent.Default()
	o.set.SetOutput(stderr)
	o.set.Usage = func() {}
	o.set.StringVar(&o.config, "config", "", "")
	o.set.StringVar(&o.server, "server", d.Collectors[0], "")
	o.set.StringVar(&o.tokenFile, "token-file", "", "")
	o.set.StringVar(&o.data, "data", "", "")
	o.set.StringVar(&o.instance, "instance", "", "")
	o.set.DurationVar(&o.interval, "interval", d.Interval, "")
	o.set.BoolVar(&o.version, "version", false, "")
	if err := o.set.Parse(args); err != nil {
		return o, err
	}
	rest := o.set.Args()
	if o.test && len(rest) == 1 {
		o.target, rest = rest[0], nil
	}
	if len(rest) > 0 {
		err := fmt.Errorf("unexpected argument %q", rest[0])
		_, _ = fmt.Fprintln(stderr, err)
		return o, err
	}
	return o, nil
}

// load reads the configuration; flags go over the file.
func (o options) load() (agent.Config, error) {
	c := agent.Default()
	if o.config != "" {
		var err error
		if c, err = agent.Load(o.config); err != nil {
			return c, err
		}
	}
	o.set.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "server":
			c.Collectors = []string{o.server}
		case "token-file":
			c.RemoteWrite.TokenFile = o.tokenFile
		case "data":
			c.Data = o.data
		case "instance":
			c.Instance = o.instance
		case "interval":
			c.Interval = o.interval
		}
	})
	return c, c.Validate()
}

// run is the program; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "check-config" {
		return checkConfig(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "top" {
		return topProcesses(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "log" {
		return pipeLog(ctx, args[1:], os.Stdin, stdout, stderr)
	}
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, usage)
		return exitGood
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent -h shows how to use it.")
		return exitWrong
	case o.version:
		_, _ = fmt.Fprintln(stdout, "plimsoll-agent", release())
		return exitGood
	}
	c, err := o.load()
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent:", err)
		return exitWrong
	}
	work := o.serve
	if o.test {
		work = o.try
	}
	if err := work(ctx, c, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent:", err)
		return exitFailed
	}
	return exitGood
}

// serve measures and pushes until ctx ends.
func (o options) serve(ctx context.Context, c agent.Config, _, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	a, err := agent.New(c, agent.Options{Version: release(), Logger: log})
	if err != nil {
		return err
	}
	log.Info("plimsoll-agent", "version", release(), "collectors", c.Collectors, "interval", c.Interval, "data", c.Data)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // until the end of the process: it must never kill it
	go o.reloads(ctx, hup, a, log)     // ends with ctx
	return a.Run(ctx)
}

// reloads reads the configuration again at each SIGHUP.
func (o options) reloads(ctx context.Context, hup <-chan os.Signal, a *agent.Agent, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		c, err := o.load()
		if err == nil {
			err = a.Reload(ctx, c)
		}
		if err != nil {
			log.Error("configuration not reloaded, the old one holds", "err", err)
			continue
		}
		log.Info("configuration reloaded", "file", o.config)
	}
}

// try measures once and prints what came of it.
func (o options) try(ctx context.Context, c agent.Config, stdout, _ io.Writer) error {
	return agent.Try(ctx, c, o.target, stdout)
}

func checkConfig(args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && (args[0] == "-h" || args[0] == "-help") {
		_, _ = fmt.Fprintln(stdout, "Usage: plimsoll-agent check-config FILE\n\nSays everything that is wrong with a configuration.")
		return exitGood
	}
	if len(args) != 1 {
		_, _ = fmt.Fprintf(stderr, "plimsoll-agent check-config: one file wanted, %d given\n", len(args))
		return exitWrong
	}
	if _, err := agent.Check(args[0]); err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent check-config:", err)
		return exitFailed
	}
	_, _ = fmt.Fprintf(stdout, "%s is good\n", args[0])
	return exitGood
}

// version is set by the linker; release falls back to what the build recorded.
var version string

func release() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && info.Main.Version == "(devel)" {
			return s.Value
		}
	}
	return info.Main.Version
}
