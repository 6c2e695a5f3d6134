package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"plimsoll/collector/ganglia"
	"plimsoll/counterd"
	"plimsoll/counterd/listen"
)

func sendCommand() command {
	return command{
		name: "send", args: "[flags] 'LINE'…", about: "send counter and timing lines, and metrics as gmetric does",
		examples: []string{
			"plimsoll send page_view",
			"plimsoll send 'db-query:250' 'upload:320|ms|#host:web3'",
			"plimsoll send -to 10.0.0.5:8125 'cache.hits:12|c|@0.1'",
			"plimsoll send -to unixgram:///run/counterd.sock page_view",
			"plimsoll send -key web:/etc/plimsoll/web.key page_view    # signed",
			"plimsoll send -n disk_util -v 42 -t uint8 -u %            # confirmed by the service",
			"plimsoll send -gmetric 10.0.0.5:8649 -n disk_util -v 42 -t uint8    # to a gmond, as gmetric",
			"echo '-n disk_util -v 42 -t uint8' | plimsoll send -f -   # many, one a line",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			s := &sendFlags{gmetric: gmetricFlags{metric: ganglia.Gmetric{TMAX: usualTMAX}}}
			const usual = "127.0.0.1:8125"
			f.StringVar(&s.to, "to", usual, "`ADDRESS` of the counter daemon: host:port or udp://host:port, tcp://host:port, unixgram:///path, unix:///path")
			f.StringVar(&s.to, "udp", usual, "the same as -to, under its older name: an `ADDRESS`")
			f.StringVar(&s.key, "key", "", "sign with the key `ID:FILE`, whose secret the file holds")
			f.StringVar(&s.file, "f", "", "`FILE` with metrics, one a line with the options of gmetric; - for standard input")
			f.StringVar(&s.gmond, "gmetric", "", "send metrics to the gmond at `HOST:PORT`, as gmetric does, and not to the service")
			s.server.flags(f)
			s.gmetric.define(f)
			return s.run
		},
	}
}

type sendFlags struct {
	to, key, file, gmond string
	gmetric              gmetricFlags
	server               server
}

func (s *sendFlags) run(e env, lines []string) error {
	if s.gmetric.config != "" {
		fmt.Fprintf(e.stderr, "plimsoll send: -c %s is ignored: -server and -gmetric say where metrics go\n", s.gmetric.config)
	}
	metrics := s.file != "" || s.gmetric.isGmetric()
	switch {
	case metrics && len(lines) > 0:
		return fmt.Errorf("%w: %q is a line, and there are options of metrics: send one or the other", errUsage, lines[0])
	case s.file != "":
		return s.sendFile(e)
	case metrics:
		if err := s.gmetric.metric.Validate(); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return s.sender().send(e.ctx, []ganglia.Gmetric{s.gmetric.metric}, time.Now())
	case len(lines) == 0:
		return fmt.Errorf("%w: no line given", errUsage)
	}
	k, err := signingKey(s.key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, 5*time.Second)
	defer cancel()
	return counterd.Send(ctx, s.to, lines, k)
}

func (s *sendFlags) sender() gmetricSender { return gmetricSender{&s.server, s.gmond} }

// sendFile sends the metrics of a file that are good, and tells of the others.
func (s *sendFlags) sendFile(e env) error {
	in, name := os.Stdin, "standard input"
	if s.file != "-" {
		var err error
		if in, err = os.Open(s.file); err != nil {
			return err
		}
		defer in.Close()
		name = s.file
	}
	all, bad := readBatch(in, name, s.gmetric.metric)
	if len(all) == 0 {
		return bad
	}
	return errors.Join(bad, s.sender().send(e.ctx, all, time.Now()))
}

// signingKey reads the key that ID:FILE names; nil for none.
func signingKey(flag string) (*listen.Key, error) {
	if flag == "" {
		return nil, nil
	}
	id, file, ok := strings.Cut(flag, ":")
	if !ok || id == "" || file == "" {
		return nil, fmt.Errorf("%w: -key %q is not ID:FILE", errUsage, flag)
	}
	k, err := listen.Key{ID: id, SecretFile: file}.Load()
	if err != nil {
		return nil, err
	}
	return &k, nil
}
