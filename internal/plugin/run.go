package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"plimsoll/internal/metric"
)

// maxOutput bounds what is kept of a plugin's output; the rest is read and
// dropped, so that the plugin does not block.
const maxOutput = 64 << 10

// Command is a program to run.
type Command struct {
	// Args are the program, by its whole path or its name in Debian's directory
	// of plugins, and its arguments.
	Args []string
	// Env are variables of its environment, beside PATH.
	Env map[string]string
	// TimeoutState is the state of a run that does not end in time.
	TimeoutState metric.Severity
}

// Dir is where Debian's packages have plugins.
const Dir = "/usr/lib/nagios/plugins"

// Path is where the program is.
func (c Command) Path() string {
	if filepath.IsAbs(c.Args[0]) {
		return c.Args[0]
	}
	return filepath.Join(Dir, c.Args[0])
}

// Report is what came of one run.
type Report struct {
	State metric.Severity
	Output
	// Why tells, for a state that the plugin did not choose itself, who did.
	Why string
}

// Says is the one line of a report: Why, or else what the plugin wrote.
func (r Report) Says() string {
	if r.Why != "" {
		return r.Why
	}
	return r.Text
}

// Codes are the exit codes of the states.
func Codes() map[metric.Severity]int {
	return map[metric.Severity]int{metric.OK: 0, metric.Warning: 1, metric.Critical: 2, metric.Unknown: 3}
}

// Run runs a command once; it ends with ctx. An error says that the plugin did
// not have its say, or what of its output cannot be read; the report is good
// all the same.
func Run(ctx context.Context, c Command) (Report, error) {
	ended, err := run(ctx, c)
	out, bad := Parse(ended.text)
	return Report{State: ended.state, Output: out, Why: ended.why}, errors.Join(err, bad)
}

// outcome is how a run ended.
type outcome struct {
	state metric.Severity
	text  []byte
	why   string
}

func run(ctx context.Context, c Command) (outcome, error) {
	cmd := exec.CommandContext(ctx, c.Path(), c.Args[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	for name, value := range c.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 100 * time.Millisecond // a child that left the group may hold the pipe
	var out bounded
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.Process != nil { // what the plugin left running in its group
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	return judge(ctx, c, out.kept.Bytes(), err)
}

// judge makes the outcome of how the command ended.
func judge(ctx context.Context, c Command, text []byte, err error) (outcome, error) {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		why := fmt.Sprintf("%s did not end in time and was killed", c.Path())
		return outcome{c.TimeoutState, text, why}, errors.New(why)
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return outcome{state: metric.OK, text: text}, nil
	case !errors.As(err, &exit):
		return outcome{metric.Critical, nil, err.Error()}, err
	}
	for state, code := range Codes() {
		if exit.ExitCode() == code {
			return outcome{state: state, text: text}, nil
		}
	}
	why := fmt.Sprintf("%s ended with %s, which is no state: %.100q", c.Path(), exit.ProcessState, text)
	return outcome{metric.Critical, text, why}, errors.New(why)
}

// bounded keeps the first maxOutput bytes written.
type bounded struct{ kept bytes.Buffer }

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), maxOutput-b.kept.Len())])
	return len(p), nil
}
