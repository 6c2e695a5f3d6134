package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"plimsoll/internal/app"
)

func serveCommand() command {
	return command{
		name: "serve", args: "[flags]", about: "run the service",
		examples: []string{
			"plimsoll serve",
			"plimsoll serve -config /etc/plimsoll.yml -data /var/lib/plimsoll",
			"plimsoll serve -http 127.0.0.1:9000 -udp 127.0.0.1:9125",
			"kill -HUP PID    # read the configuration again, all or nothing",
			"kill -USR2 PID   # start the program anew, maybe a newer one; no counter line is lost",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			s := &serveFlags{set: f}
			f.StringVar(&s.config, "config", "", "YAML `FILE`; without one everything has working defaults")
			f.StringVar(&s.data, "data", "", "`DIR` of archives and state (default ./data)")
			f.StringVar(&s.http, "http", "", "`ADDRESS` of pages and API (default 127.0.0.1:8680)")
			f.StringVar(&s.udp, "udp", "", "`ADDRESS` of the counter daemon (default 127.0.0.1:8125)")
			f.TextVar(&s.level, "log-level", slog.LevelInfo, "least `LEVEL` that is logged: DEBUG, INFO, WARN, ERROR")
			return s.run
		},
	}
}

type serveFlags struct {
	set                     *flag.FlagSet
	config, data, http, udp string
	level                   slog.Level
}

// load reads the configuration; flags go over the file.
func (s *serveFlags) load() (app.Config, error) {
	c, err := app.Load(s.config)
	if err != nil {
		return c, err
	}
	s.set.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "data":
			c.Data = s.data
		case "http":
			c.Listen.HTTP = s.http
		case "udp":
			c.Listen.UDP = s.udp
		}
	})
	return c, c.Validate()
}

func (s *serveFlags) run(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	config, err := s.load()
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: s.level}))
	ctx, leave := context.WithCancel(e.ctx)
	defer leave()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// Caught from now to the end of the process: they must never kill it.
	hup, usr2 := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	signal.Notify(usr2, syscall.SIGUSR2)
	path, err := program()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	inherited, err := app.Inherit(os.Getenv(app.HandOverVariable))
	if err != nil {
		return err
	}
	_ = os.Unsetenv(app.HandOverVariable) // it is not for those that we start
	a, err := app.New(config, app.Options{Version: version, Logger: logger, Inherited: inherited})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Plimsoll %s: pages and API on %s, counters on udp %s, data in %s\n",
		version, a.URL(), a.UDPAddr(), config.Data)
	if err := tellManager(ctx, "READY=1"); err != nil {
		logger.Error("the service manager does not know that the service is up", "err", err)
	}
	go s.reloads(ctx, hup, a, logger) // ends with ctx
	u := &upgrader{path: path, stdout: e.stdout, stderr: e.stderr, logger: logger}
	go u.run(ctx, usr2, a, leave) // ends with ctx, or after leave
	return a.Run(ctx)
}

// reloads reads the configuration again at each SIGHUP.
func (s *serveFlags) reloads(ctx context.Context, hup <-chan os.Signal, a *app.App, logger *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		config, err := s.load()
		if err == nil {
			err = a.Reload(config)
		}
		if err != nil {
			logger.Error("configuration not reloaded, the old one holds", "err", err)
			continue
		}
		logger.Info("configuration reloaded", "file", s.config)
	}
}

func checkConfigCommand() command {
	return command{
		name: "check-config", args: "[flags] FILE", about: "say what is wrong with a configuration",
		examples: []string{
			"plimsoll check-config /etc/plimsoll.yml && kill -HUP PID",
			"plimsoll check-config -data /var/lib/plimsoll /etc/plimsoll.yml    # also whether the archives there fit it",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			data := f.String("data", "", "`DIR` whose archives are to fit the configuration; they are only read")
			return func(e env, args []string) error {
				if len(args) != 1 {
					return fmt.Errorf("%w: one file wanted, %d given", errUsage, len(args))
				}
				note, err := checkConfig(args[0], *data)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "%s is good\n", args[0])
				if note != "" {
					fmt.Fprintf(e.stdout, "note: %s\n", note)
				}
				return nil
			}
		},
	}
}

func checkConfig(file, data string) (note string, err error) {
	c, err := app.Check(file)
	if err != nil || data == "" {
		return "", err
	}
	c.Data = data
	return app.InspectData(c)
}
