package drawing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// helper is a process that draws one picture at a time.
type helper struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *os.File
	drawn   int
	rest    *time.Timer // ends it when it runs out; set while it is free
}

// start starts a helper in a session of its own, so that what is typed at the
// service's terminal does not reach it.
func start(c Config) (*helper, error) {
	if len(c.Command) == 0 {
		return nil, errors.New("no command to draw with")
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start a helper: %w", err)
	}
	defer func() { _ = theirs.Close() }()                                         // the helper has its own
	h := &helper{process: exec.Command(c.Command[0], c.Command[1:]...), out: out} //nolint:gosec // it is ours, by configuration
	h.process.Env = c.Env
	h.process.Dir = "/"
	h.process.ExtraFiles = []*os.File{theirs}
	h.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if h.in, err = h.process.StdinPipe(); err == nil {
		err = h.process.Start()
	}
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("start a helper: %w", err)
	}
	return h, nil
}

// ask sends a request and reads the answer. When ctx ends the process is killed,
// which ends the pipes, and so what waits for them.
func (h *helper) ask(ctx context.Context, q Request) (reply, error) {
	stop := context.AfterFunc(ctx, h.kill)
	defer stop()
	if err := writeRequest(h.in, q); err != nil {
		return reply{}, fmt.Errorf("ask a helper: %w", err)
	}
	r, err := readReply(h.out)
	if err == nil && !stop() { // too late: it is being killed
		err = ctx.Err()
	}
	return r, err
}

func (h *helper) kill() { _ = h.process.Process.Kill() } // one that has ended needs none

// end ends the process at once and returns how it ended. It has nothing to save.
func (h *helper) end() string {
	h.kill()
	_ = h.in.Close()
	_ = h.out.Close()
	err := h.process.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.String()
	}
	return "ended"
}
