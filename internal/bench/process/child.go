package process

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Child is a process that runs as long as a part of a bench.
type Child struct {
	cmd *exec.Cmd
	log *os.File
}

// Start starts cmd; what it says on its standard error, and on its output if
// nobody reads that, goes to a file in dir.
func Start(cmd *exec.Cmd, dir string) (*Child, error) {
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
	return &Child{cmd: cmd, log: log}, nil
}

// PID is the child's process.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Said is the end of what the child wrote to its log.
func (c *Child) Said() string {
	b, _ := os.ReadFile(c.log.Name())
	return string(b[max(0, len(b)-400):])
}

// Alive is false for one that ended, though nobody has waited for it yet.
func (c *Child) Alive() bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d/exe", c.PID()))
	return err == nil
}

// Stop ends the child and waits for its end; one that takes longer than patience
// is killed.
func (c *Child) Stop(patience time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	killer.Stop()
	c.log.Close()
}

// Kill ends the child at once.
func (c *Child) Kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.log.Close()
}

// Talker is a child that answers each line on its standard input with one of JSON.
type Talker struct {
	*Child
	in      io.WriteCloser
	answers *bufio.Reader
}

// Speak starts cmd and waits until it says that it is ready.
func Speak(cmd *exec.Cmd, dir string) (*Talker, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c, err := Start(cmd, dir)
	if err != nil {
		return nil, err
	}
	t := &Talker{Child: c, in: in, answers: bufio.NewReader(out)}
	if l, err := t.answers.ReadString('\n'); err != nil || l != "ready\n" {
		t.Kill()
		return nil, fmt.Errorf("%q said %q: %w: %s", cmd.Args, l, err, t.Said())
	}
	return t, nil
}

// Ask has the child do something, and decodes its answer.
func (t *Talker) Ask(question string, answer any) error {
	_, err := io.WriteString(t.in, question+"\n")
	var l []byte
	if err == nil {
		l, err = t.answers.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(l, answer)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", question, err, t.Said())
	}
	return nil
}

// Stop lets the child end by itself, which it does when it is asked no more.
func (t *Talker) Stop(patience time.Duration) {
	t.in.Close()
	t.Child.Stop(patience)
}
