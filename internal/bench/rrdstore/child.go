package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"plimsoll/internal/bench/process"
)

// child is a process that runs as long as a part of the bench.
type child struct {
	cmd *exec.Cmd
	log *os.File
}

// launch starts cmd; what it says on its standard error goes to a file in dir.
func launch(cmd *exec.Cmd, dir string) (*child, error) {
	log, err := os.Create(filepath.Join(dir, filepath.Base(cmd.Path)+".output"))
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	// Whatever happens to us, nothing goes on running.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		log.Close()
		return nil, err
	}
	return &child{cmd: cmd, log: log}, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// said is the end of what the child wrote to its log.
func (c *child) said() string {
	b, _ := os.ReadFile(c.log.Name())
	return string(b[max(0, len(b)-400):])
}

// alive is false for one that ended, though nobody has waited for it yet.
func (c *child) alive() bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d/exe", c.pid()))
	return err == nil
}

// stop ends the child and waits for its end.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(30*time.Second, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	killer.Stop()
	c.log.Close()
}

func (c *child) rss() (int64, error) { return process.RSSBytes(c.pid()) }

// talker is a child of ours that answers each line in JSON.
type talker struct {
	*child
	in      io.WriteCloser
	answers *bufio.Reader
}

// speak starts the bench once more with other arguments.
func speak(self, dir string, args ...string) (*talker, error) {
	cmd := exec.Command(self, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c, err := launch(cmd, dir)
	if err != nil {
		return nil, err
	}
	t := &talker{child: c, in: in, answers: bufio.NewReader(out)}
	if l, err := t.answers.ReadString('\n'); err != nil || l != "ready\n" {
		t.stop()
		return nil, fmt.Errorf("%s said %q: %w: %s", args[0], l, err, t.said())
	}
	return t, nil
}

// ask has the child do something; what it cost is in the answer.
func (t *talker) ask(question string) (r round, err error) {
	if _, err := io.WriteString(t.in, question+"\n"); err != nil {
		return r, err
	}
	l, err := t.answers.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(l, &r)
	}
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w: %s", question, err, t.said())
	}
	return r, nil
}

// stop lets the child end by itself, which it does when it is asked no more.
func (t *talker) stop() {
	t.in.Close()
	t.child.stop()
}

// kill ends the child at once.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.log.Close()
}
