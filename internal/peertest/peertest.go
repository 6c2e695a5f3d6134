// Package peertest starts real servers for tests: memcached, squid, MariaDB and
// others from Debian's packages, each on free ports and in a directory of its
// own, and ends them by their process id.
package peertest

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds how long a server may take to be there, on a busy machine.
const startTimeout = 60 * time.Second

// Peer is a process that a test started.
type Peer struct {
	Cmd *exec.Cmd
	out output
	end chan struct{} // closed when the process has ended
	err error         // how it ended; read after end is closed
}

// output is what a process writes.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns what was written so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Path finds a program, also where only root has it in its path. A test cannot
// run without it: make test installs all of them.
func Path(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/lib/nagios/plugins"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: make test installs it", name)
	return ""
}

// Start starts a program in the foreground, and ends it with all its children
// when the test does. edit may change the command first: its directory, its
// environment, its user.
func Start(t testing.TB, edit func(*exec.Cmd), name string, args ...string) *Peer {
	t.Helper()
	p := &Peer{Cmd: exec.Command(Path(t, name), args...), end: make(chan struct{})}
	p.Cmd.Stdout, p.Cmd.Stderr = &p.out, &p.out
	p.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.Cmd.WaitDelay = time.Second
	if edit != nil {
		edit(p.Cmd)
	}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ended by Stop, which waits for it
		p.err = p.Cmd.Wait()
		close(p.end)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", name, p.Output())
		}
	})
	return p
}

// Stop kills the process and its children, and waits.
func (p *Peer) Stop() {
	_ = syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL)
	<-p.end
}

// Output is what the process wrote so far.
func (p *Peer) Output() string { return p.out.String() }

// Await waits until ready says that the server is there.
func (p *Peer) Await(t testing.TB, what string, ready func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for !ready(ctx) {
		select {
		case <-p.end:
			t.Fatalf("%s ended with %v before %s; it wrote:\n%s", p.Cmd.Path, p.err, what, p.Output())
		case <-ctx.Done():
			t.Fatalf("%s: not %s after %v; it wrote:\n%s", p.Cmd.Path, what, startTimeout, p.Output())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// AwaitAddress waits until something listens at host:port, or at the path of a
// unix socket.
func (p *Peer) AwaitAddress(t testing.TB, address string) {
	t.Helper()
	network := "tcp"
	if filepath.IsAbs(address) {
		network = "unix"
	}
	p.Await(t, "listening at "+address, func(ctx context.Context) bool {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// Port returns a TCP port of 127.0.0.1 that was free a moment ago.
func Port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Address returns an address of 127.0.0.1 that was free a moment ago.
func Address(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(Port(t)))
}
