package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// child is a daemon that runs.
type child struct {
	cmd  *exec.Cmd
	port int
	log  *os.File
	// count is what the daemon says it counted; nil when it does not say.
	count func() (counts, error)
	// datagrams says that it counts those rather than lines.
	datagrams bool
	// saysDrops says that it knows what the kernel dropped. The kernel's own count
	// has one for all that it had joined into one by GRO.
	saysDrops bool
	ask       func(string) (counts, error) // by pipe; nil for daemons that are not ours
	page      func() (string, error)       // metrics in Prometheus' format; nil without
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// startTime is what a daemon may take to bind its socket.
const startTime = 20 * time.Second

// launch starts cmd, whose output goes to a file in dir, and waits until it has
// bound the port.
func launch(cmd *exec.Cmd, dir string, port int) (*child, error) {
	log, err := os.Create(filepath.Join(dir, "output"))
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
	c := &child{cmd: cmd, port: port, log: log}
	for begin := time.Now(); time.Since(begin) < startTime; time.Sleep(10 * time.Millisecond) {
		if s, err := socketOf(port); err == nil && s.found {
			return c, nil
		}
		if !c.alive() {
			break
		}
	}
	c.stop()
	said, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("%s did not bind UDP port %d: %s", filepath.Base(cmd.Path), port, lastLines(string(said), 5))
}

// alive is false for one that ended, though nobody has waited for it yet.
func (c *child) alive() bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d/exe", c.pid()))
	return err == nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}

// stop ends the daemon and waits for its end.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(3*time.Second, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	killer.Stop()
	c.log.Close()
}

// speak connects a child's standard streams to questions and answers in JSON.
func speak(cmd *exec.Cmd, dir string, port int) (*child, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c, err := launch(cmd, dir, port)
	if err != nil {
		return nil, err
	}
	answers := bufio.NewReader(out)
	if l, err := answers.ReadString('\n'); err != nil || l != "ready\n" {
		c.stop()
		return nil, fmt.Errorf("%s said %q: %w", filepath.Base(cmd.Path), l, err)
	}
	c.ask = func(question string) (n counts, err error) {
		if _, err := io.WriteString(in, question+"\n"); err != nil {
			return n, err
		}
		l, err := answers.ReadBytes('\n')
		if err != nil {
			return n, err
		}
		return n, json.Unmarshal(l, &n)
	}
	c.count = func() (counts, error) { return c.ask("count") }
	return c, nil
}

// freePort is a UDP port of loopback that nobody had an instant ago.
func freePort() (int, error) {
	for range 20 {
		udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := udp.LocalAddr().(*net.UDPAddr).Port
		tcp, err := net.Listen("tcp4", address(port)) // some daemons take both
		udp.Close()
		if err == nil {
			tcp.Close()
			return port, nil
		}
	}
	return 0, errors.New("no port is free")
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// fetch gets a page of a child.
func fetch(url string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("get %s: %s", url, resp.Status)
	}
	return string(b), err
}

// sumOf adds up the samples of one name on a page of Prometheus' text format.
func sumOf(page, name string) uint64 {
	sum := 0.0
	for l := range strings.Lines(page) {
		rest, ok := strings.CutPrefix(l, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		f := strings.Fields(rest[strings.LastIndexByte(rest, '}')+1:])
		if len(f) > 0 {
			v, _ := strconv.ParseFloat(f[0], 64) // what is no number counts nothing
			sum += v
		}
	}
	return uint64(sum)
}
