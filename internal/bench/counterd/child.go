package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/bench/process"
)

// child is a daemon that runs.
type child struct {
	*process.Child
	port int
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

// startTime is what a daemon may take to bind its socket, stopTime to end.
const (
	startTime = 20 * time.Second
	stopTime  = 3 * time.Second
)

// launch starts cmd, whose output goes to a file in dir, and waits until it has
// bound the port.
func launch(cmd *exec.Cmd, dir string, port int) (*child, error) {
	c, err := process.Start(cmd, dir)
	if err != nil {
		return nil, err
	}
	return bound(&child{Child: c, port: port})
}

// bound waits until a child has bound its port.
func bound(c *child) (*child, error) {
	for begin := time.Now(); time.Since(begin) < startTime && c.Alive(); time.Sleep(10 * time.Millisecond) {
		if s, err := socketOf(c.port); err == nil && s.found {
			return c, nil
		}
	}
	c.Stop(stopTime)
	return nil, fmt.Errorf("UDP port %d was not bound: %s", c.port, c.Said())
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}

// speak starts a child of ours, which answers questions.
func speak(cmd *exec.Cmd, dir string, port int) (*child, error) {
	t, err := process.Speak(cmd, dir)
	if err != nil {
		return nil, err
	}
	c := &child{Child: t.Child, port: port}
	c.ask = func(question string) (n counts, err error) {
		err = t.Ask(question, &n)
		return n, err
	}
	c.count = func() (counts, error) { return c.ask("count") }
	return bound(c)
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
