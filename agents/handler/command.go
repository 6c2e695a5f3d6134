package handler

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"plimsoll/internal/orders"
)

// maxAlert bounds what is told of the alert, in bytes.
const maxAlert = 300

// run runs a command once and says what came of it. It ends with ctx, whose cause
// tells why.
func run(ctx context.Context, c Config, alert string) orders.Answer {
	var out tail
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "PLIMSOLL_ALERT=" + plain(alert)}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 100 * time.Millisecond // a daemon that it started may hold the pipe
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	a := orders.Answer{Status: orders.Failed, Output: out.String()}
	var exit *exec.ExitError
	switch {
	case cmd.ProcessState != nil && cmd.ProcessState.Success():
		a.Status = orders.Done
	case ctx.Err() != nil && cmd.Process != nil:
		a.ExitCode, a.Why = -1, "killed: "+context.Cause(ctx).Error()
	case errors.As(err, &exit):
		a.ExitCode, a.Why = exit.ExitCode(), exit.String()
	case errors.Is(err, exec.ErrWaitDelay):
		a.Status = orders.Done
	default:
		a.ExitCode, a.Why = -1, fmt.Sprintf("not started: %v", err)
	}
	return a
}

// plain keeps what is no letter, digit or mark of an alert's name out of the
// environment: shells have read more out of it than its value.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune("`$\\\"'(){};&|<>*?!~#", r) {
			return r
		}
		return '_'
	}, s[:min(len(s), maxAlert)])
}

// tail keeps the last bytes that are written to it.
type tail struct{ kept []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-orders.MaxOutput):]...)
	if over := len(t.kept) - orders.MaxOutput; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.kept), "?") }
