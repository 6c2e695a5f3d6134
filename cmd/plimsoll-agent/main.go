// Plimsoll-agent measures the host it runs on and pushes what it measured to a
// collector by Prometheus' remote write. It is one static program without cgo.
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
	"runtime/debug"
	"syscall"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/host"
	"plimsoll/agents/remote"
)

// Exit codes.
const (
	exitGood   = 0
	exitFailed = 1
	exitWrong  = 2 // wrong use: an unknown flag, a value that makes no sense
)

const usage = `Usage: plimsoll-agent [flags]

Measures this host and pushes what it measured to a Plimsoll server, or to any
receiver of Prometheus' remote write.

Flags:
  -server URL       where to push to (default http://127.0.0.1:8680)
  -token-file FILE  file with the bearer token; it is read at each push
  -interval TIME    how often to measure, 1s or more (default 10s)
  -instance NAME    value of the label instance (default: the host's name)
  -version          print the version and exit
  -h, -help         print this text and exit

Examples:
  plimsoll-agent
  plimsoll-agent -server https://monitor.example.net -token-file /etc/plimsoll/token
  plimsoll-agent -interval 30s -instance web3

Exit codes: 0 good, 1 failed, 2 wrong use. SIGTERM and SIGINT push the last
round and stop.
`

func main() {
	// Signals are caught until the process ends.
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the flags say.
type options struct {
	server, tokenFile, instance string
	interval                    time.Duration
	version                     bool
}

// parse reads the flags; flag.ErrHelp means that the usage was asked for.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("plimsoll-agent", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {}
	fs.StringVar(&o.server, "server", remote.Default().URL, "")
	fs.StringVar(&o.tokenFile, "token-file", "", "")
	fs.StringVar(&o.instance, "instance", "", "")
	fs.DurationVar(&o.interval, "interval", agents.Default().Interval, "")
	fs.BoolVar(&o.version, "version", false, "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", fs.Arg(0))
		_, _ = fmt.Fprintln(stderr, err)
		return o, err
	}
	return o, nil
}

// run is the program; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
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
	log := slog.New(slog.NewTextHandler(stderr, nil))
	runner, err := build(o, log)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent:", err)
		return exitWrong
	}
	log.Info("plimsoll-agent", "version", release(), "server", o.server, "interval", o.interval)
	if err := runner.Run(ctx); err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent:", err)
		return exitFailed
	}
	return exitGood
}

// build puts the program together.
func build(o options, log *slog.Logger) (*agents.Runner, error) {
	rcfg := remote.Default()
	rcfg.URL, rcfg.TokenFile, rcfg.Logger = o.server, o.tokenFile, log
	rcfg.UserAgent = "plimsoll-agent/" + release()
	sink, err := remote.New(rcfg)
	if err != nil {
		return nil, fmt.Errorf("-server: %w", err)
	}
	machine, err := host.New(host.Default())
	if err != nil {
		return nil, err
	}
	cfg := agents.Default()
	cfg.Targets, cfg.Sink, cfg.Logger = []agents.Target{{Agent: machine}}, sink, log
	cfg.Interval, cfg.Instance = o.interval, o.instance
	if cfg.Instance == "" {
		if cfg.Instance, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("-instance: not given, and the host has no name: %w", err)
		}
	}
	return agents.New(cfg)
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
