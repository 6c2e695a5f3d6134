package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// The exit codes of sysexits.h that no other attempt will mend: what is to be
// sent is wrong, or nobody has the number.
const (
	exDataErr = 65
	exNoUser  = 67
)

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s is no program that can be run", path)
	}
	return nil
}

// run gives the subject to a program on its standard input, with a newline. The
// program gets no arguments and no environment but PATH and
//
//	PLIMSOLL_TO        the number, or nothing
//	PLIMSOLL_EVENT     problem, recovery or closed
//	PLIMSOLL_DELIVERY  the same at each attempt, and of no other message
//
// It is a group of processes of its own, and all of it is killed when the time
// is over. Exit code 0 takes the message over, 65 and 67 refuse it for good.
func run(ctx context.Context, path string, timeout time.Duration, to string, n note) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out := &tail{limit: maxSaid}
	c := exec.CommandContext(ctx, path)
	c.Stdin, c.Stdout, c.Stderr, c.Dir = strings.NewReader(n.subject+"\n"), out, out, "/"
	c.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"PLIMSOLL_TO=" + to, "PLIMSOLL_EVENT=" + string(n.Event), "PLIMSOLL_DELIVERY=" + n.Delivery,
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second // for one that left the group and holds our pipe
	err := c.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it said that all is well; what it left behind is not waited for
	}
	answer := fmt.Sprintf("%q", strings.TrimSpace(out.String()))
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "exit 0 " + answer, nil
	case ctx.Err() != nil:
		return answer, fmt.Errorf("command was killed after %v: %w, said %s", timeout, ctx.Err(), answer)
	case errors.As(err, &exit) && (exit.ExitCode() == exDataErr || exit.ExitCode() == exNoUser):
		return answer, fmt.Errorf("command: %w, said %s: %w", err, answer, ErrFinal)
	}
	return answer, fmt.Errorf("command: %w, said %s", err, answer)
}

// tail keeps the end of what is written. exec writes to it from one goroutine,
// since both streams are the same writer.
type tail struct {
	bytes.Buffer
	limit int
}

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p)
	if surplus := t.Len() - t.limit; surplus > 0 {
		t.Next(surplus)
	}
	return len(p), nil
}
