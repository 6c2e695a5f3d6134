package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"plimsoll/agents/procs"
)

const topUsage = `Usage: plimsoll-agent top [flags]

Lists the processes of this host that use the most, within one second. It reads
/proc by itself: the agent need not run. From elsewhere: ssh HOST plimsoll-agent top

Flags:
  -n NUMBER   so many processes (default 20)
  -by WHAT    sort by cpu or memory (default cpu)
  -args       show command lines, which may hold passwords
  -h, -help   print this text and exit

Exit codes: 0 good, 1 failed, 2 wrong use.
`

// topProcesses is the command top; it returns the exit code.
func topProcesses(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("top", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {}
	n, by, arguments := set.Int("n", 20, ""), set.String("by", string(procs.ByCPU), ""), set.Bool("args", false, "")
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(stdout, topUsage)
		return exitGood
	}
	switch order := procs.Order(*by); {
	case err != nil:
	case set.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", set.Arg(0))
	case order != procs.ByCPU && order != procs.ByMemory:
		err = fmt.Errorf("-by %q: want cpu or memory", *by)
	case *n < 1:
		err = fmt.Errorf("-n %d: want 1 or more", *n)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "plimsoll-agent top: %v\n", err)
		return exitWrong
	}
	list, err := procs.New(procs.Config{Arguments: *arguments}).Top(ctx, *n, procs.Order(*by))
	if err == nil {
		err = list.Write(stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "plimsoll-agent top: %v\n", err)
		return exitFailed
	}
	return exitGood
}
