package nagios

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"plimsoll/internal/metric"
)

// maxOutput bounds what is kept of a plugin's output; the rest is read and
// dropped, so that the plugin does not block.
const maxOutput = 64 << 10

// outcome is what came of one run.
type outcome struct {
	state metric.Severity
	text  []byte
	// why tells, for a state that the plugin did not choose itself, who did.
	why string
}

// run runs the command once. An error says that the plugin did not have its say.
func run(ctx context.Context, c Config) (outcome, error) {
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
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
func judge(ctx context.Context, c Config, text []byte, err error) (outcome, error) {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		why := fmt.Sprintf("%s did not end in time and was killed", c.Command[0])
		return outcome{c.TimeoutState, text, why}, errors.New(why)
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return outcome{state: metric.OK, text: text}, nil
	case !errors.As(err, &exit):
		return outcome{metric.Critical, nil, err.Error()}, err
	}
	for state, code := range codes() {
		if exit.ExitCode() == code {
			return outcome{state: state, text: text}, nil
		}
	}
	why := fmt.Sprintf("%s ended with %s, which is no state: %.100q", c.Command[0], exit.ProcessState, text)
	return outcome{metric.Critical, text, why}, errors.New(why)
}

// bounded keeps the first maxOutput bytes written.
type bounded struct{ kept bytes.Buffer }

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), maxOutput-b.kept.Len())])
	return len(p), nil
}
