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

	"plimsoll/agents/weblog/pipe"
)

const logUsage = `Usage: plimsoll-agent log [flags] < LOG

Takes the lines of an access log on its standard input, as a web server pipes
them, and sends them to the agent, or the service, of this host, which counts
them. It never makes the web server wait: while the agent is away lines are kept
in memory, and dropped and counted when there are too many.

Flags:
  -to ADDRESS       syslog address of the agent (default 127.0.0.1:8514)
  -host NAME        whose log it is (default: the host's name)
  -buffer BYTES     of lines that wait (default 16777216)
  -h, -help         print this text and exit

Example, for Apache:
  CustomLog "|/usr/bin/plimsoll-agent log" "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""

Exit codes: 0 good, 1 lines were dropped, 2 wrong use.
`

// pipeLog is the command log; it returns the exit code.
func pipeLog(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := pipe.Default()
	set := flag.NewFlagSet("log", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {}
	set.StringVar(&c.Address, "to", c.Address, "")
	set.StringVar(&c.Host, "host", "", "")
	set.IntVar(&c.MaxBytes, "buffer", c.MaxBytes, "")
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(stdout, logUsage)
		return exitGood
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if err == nil && c.Host == "" {
		c.Host, err = os.Hostname()
	}
	c.In, c.Now, c.Logger = stdin, time.Now, slog.New(slog.NewTextHandler(stderr, nil))
	var p *pipe.Pipe
	if err == nil {
		p, err = pipe.New(c)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent log:", err)
		return exitWrong
	}
	dropped, err := p.Run(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent log:", err)
	}
	if dropped > 0 {
		_, _ = fmt.Fprintln(stderr, "plimsoll-agent log:", dropped, "lines were dropped")
	}
	if err != nil || dropped > 0 {
		return exitFailed
	}
	return exitGood
}
