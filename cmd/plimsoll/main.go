// Command plimsoll is the monitoring service and its tools. `plimsoll serve`
// runs everything in one process; the other commands talk to a running one or
// check a configuration. `plimsoll COMMAND -h` shows how each is used.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	_ "time/tzdata" // machines without zoneinfo know the zones of periods too

	"plimsoll/internal/app"
)

// version is set by the linker.
var version = "dev"

// Exit codes, as scripts rely on them.
const (
	exitGood     = 0
	exitFailed   = 1
	exitWrongUse = 2
)

// env is what a command may touch of its process.
type env struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// command is one word of the command line.
type command struct {
	name     string
	args     string // of the usage line
	about    string // one line
	examples []string
	// setUp defines flags and returns what to run with the other arguments.
	setUp func(*flag.FlagSet) func(env, []string) error
	// sub are the commands that this word stands before, in the place of setUp.
	sub []command
}

func commands() []command {
	return []command{
		serveCommand(), checkConfigCommand(), queryCommand(), sendCommand(), eventCommand(), resultCommand(),
		alertsCommand(), ackCommand(), unackCommand(), silenceCommand(), downtimeCommand(), onCallCommand(), notifyTestCommand(), rulesCommand(), topCommand(), tailCommand(),
		countersCommand(), hostCommand(), planCommand(), archiveCommand(), reshapeCommand(), snmpCommand(), importCommand(), exportCommand(), snapshotCommand(),
		versionCommand(),
	}
}

// errUsage marks an error of how the command was called.
var errUsage = errors.New("wrong use")

func main() {
	os.Exit(run(env{context.Background(), os.Stdout, os.Stderr}, os.Args[1:]))
}

// run executes the command line and returns the exit code.
func run(e env, args []string) int {
	if len(args) == 0 {
		usage(e.stderr)
		return exitWrongUse
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(e.stdout)
		return exitGood
	case "-version", "--version":
		args[0] = "version"
	case app.DrawHelperCommand: // the service starts it
		if err := app.DrawHelper(); err != nil {
			fmt.Fprintf(e.stderr, "plimsoll %s: %s\n", args[0], err)
			return exitFailed
		}
		return exitGood
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(e, args[1:])
		}
	}
	fmt.Fprintf(e.stderr, "plimsoll: no command %q\n\n", args[0])
	usage(e.stderr)
	return exitWrongUse
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Plimsoll shows how deep your servers may be loaded.\n\nUsage: plimsoll COMMAND [flags] [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-13s %s\n", c.name, c.about)
	}
	fmt.Fprint(w, "\nplimsoll COMMAND -h shows the flags and examples of a command.\n")
}

// runSub executes one of the commands behind a word.
func (c command) runSub(e env, args []string) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		c.helpSub(e.stdout)
		return exitGood
	}
	for _, s := range c.sub {
		if s.name == c.name+" "+args[0] {
			return s.run(e, args[1:])
		}
	}
	fmt.Fprintf(e.stderr, "plimsoll %s: no command %q\nTry plimsoll %s -h.\n", c.name, args[0], c.name)
	return exitWrongUse
}

func (c command) helpSub(w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage: plimsoll %s %s\n\n", c.about, c.name, c.args)
	for _, s := range c.sub {
		fmt.Fprintf(w, "  %-18s %s\n", s.name, s.about)
	}
	fmt.Fprintf(w, "\nplimsoll %s COMMAND -h shows the flags and examples of a command.\n", c.name)
}

func (c command) run(e env, args []string) int {
	if c.sub != nil {
		return c.runSub(e, args)
	}
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	do := c.setUp(flags)
	rest, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(e.stdout, flags)
		return exitGood
	case err != nil:
		err = fmt.Errorf("%w: %w", errUsage, err)
	default:
		err = do(e, rest)
	}
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errUsage):
		fmt.Fprintf(e.stderr, "plimsoll %s: %s\nTry plimsoll %s -h.\n", c.name, strings.TrimPrefix(err.Error(), errUsage.Error()+": "), c.name)
		return exitWrongUse
	}
	fmt.Fprintf(e.stderr, "plimsoll %s: %s\n", c.name, err)
	return exitFailed
}

// parse takes flags wherever they stand, as GNU programs do, up to a "--".
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if len(args[0]) < 2 || args[0][0] != '-' {
			rest, args = append(rest, args[0]), args[1:]
			continue
		}
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if n := len(args) - flags.NArg(); args[n-1] == "--" {
			return append(rest, flags.Args()...), nil
		}
		args = flags.Args()
	}
	return rest, nil
}

func (c command) help(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "%s\n\nUsage: plimsoll %s %s\n", c.about, c.name, c.args)
	any := false
	flags.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprint(w, "\nFlags:\n")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	fmt.Fprint(w, "\nExamples:\n")
	for _, x := range c.examples {
		fmt.Fprintf(w, "  %s\n", x)
	}
}

func versionCommand() command {
	return command{
		name: "version", about: "print the version",
		examples: []string{"plimsoll version"},
		setUp: func(*flag.FlagSet) func(env, []string) error {
			return func(e env, args []string) error {
				if len(args) > 0 {
					return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
				}
				fmt.Fprintln(e.stdout, "plimsoll", version)
				return nil
			}
		},
	}
}
