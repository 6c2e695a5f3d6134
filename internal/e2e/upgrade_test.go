package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// dynasty is a service that is started anew by SIGUSR2 again and again. Its log
// is a file, since a pipe would only end with the last process.
type dynasty struct {
	*server
	t      *testing.T
	log    string
	pid    int
	first  chan int    // the exit code of the first process
	rulers int         // that handed over
	states chan string // what the service manager was told
}

var handedTo = regexp.MustCompile(`msg="handed over" pid=(\d+)`)

func found(t *testing.T, config string) *dynasty {
	t.Helper()
	d := &dynasty{t: t, log: filepath.Join(t.TempDir(), "log"), first: make(chan int, 1)}
	out, err := os.Create(d.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	http, udp := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	d.server = &server{url: "http://" + http, udp: udp, data: t.TempDir()}
	cmd := exec.Command(filepath.Join(bin, "plimsoll"), "serve", "-config", config, "-data", d.data, "-http", http, "-udp", udp)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+d.manager(t))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.pid = cmd.Process.Pid
	go func() { // ends with the process, which the cleanup or its successor ends
		_ = cmd.Wait()
		d.first <- cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(d.end)
	eventually(t, "ready", d.ready)
	return d
}

// manager listens as systemd does, and returns where.
func (d *dynasty) manager(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	d.states = make(chan string, 1000)
	t.Cleanup(func() { conn.Close() })
	go func() { // ends with conn
		for buf := make([]byte, 1000); ; {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			d.states <- string(buf[:n])
		}
	}()
	return path
}

// told fails unless the service manager was told these next.
func (d *dynasty) told(want ...string) {
	d.t.Helper()
	for _, w := range want {
		select {
		case got := <-d.states:
			if got != w {
				d.t.Errorf("the service manager was told %q, want %q", got, w)
			}
		case <-time.After(patience):
			d.t.Fatalf("the service manager was not told %q", w)
		}
	}
}

func (d *dynasty) ready() error {
	_, err := d.get("/readyz")
	return err
}

func (d *dynasty) wrote() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func (d *dynasty) signal(s syscall.Signal) {
	d.t.Helper()
	if err := syscall.Kill(d.pid, s); err != nil {
		d.t.Fatal(err)
	}
}

// end kills whoever rules, and waits for his end: he writes to the data.
func (d *dynasty) end() {
	_ = syscall.Kill(d.pid, syscall.SIGKILL)
	for gone(d.pid) != nil {
		time.Sleep(10 * time.Millisecond)
	}
	if d.t.Failed() {
		d.t.Logf("they wrote:\n%s", tail(d.wrote()))
	}
}

// gone returns nil when a process has ended, even if nobody has asked how.
func gone(pid int) error {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil || bytes.Contains(stat, []byte(") Z ")) {
		return nil
	}
	return errors.New("still runs")
}

// succeed starts the program anew, and returns once the new process answers.
func (d *dynasty) succeed() {
	d.t.Helper()
	begin, old := time.Now(), d.pid
	d.signal(syscall.SIGUSR2)
	eventually(d.t, "handed over", func() error {
		all := handedTo.FindAllStringSubmatch(d.wrote(), -1)
		if len(all) <= d.rulers {
			return errors.New("not yet")
		}
		d.pid, _ = strconv.Atoi(all[d.rulers][1])
		return nil
	})
	d.rulers++
	d.told("MAINPID="+strconv.Itoa(d.pid), "READY=1")
	eventually(d.t, "the old process ends", func() error { return gone(old) })
	eventually(d.t, "ready", d.ready)
	d.t.Logf("answered again %v after the signal", time.Since(begin).Round(time.Millisecond))
}

// stream sends at a steady rate until stopped.
type stream struct {
	sent   atomic.Int64 // datagrams, each one of a counter and a timing
	errors atomic.Int64
	stop   chan struct{}
	done   chan struct{}
}

func streamTo(t *testing.T, network, address string, perMs int, name string) *stream {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{stop: make(chan struct{}), done: make(chan struct{})}
	go func() { // end waits for it
		defer close(s.done)
		defer conn.Close()
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		text := []byte(name + ".hits:1|c\n" + name + ":20|ms")
		for {
			select {
			case <-s.stop:
				return
			case <-tick.C:
			}
			for range 2 * perMs {
				if _, err := conn.Write(text); err != nil {
					s.errors.Add(1)
					continue
				}
				s.sent.Add(1)
			}
		}
	}()
	return s
}

func (s *stream) end() int64 {
	close(s.stop)
	<-s.done
	return s.sent.Load()
}

const upgradeConfig = `flush: 2s
agent: {enabled: false}
counterd: {listen: ["unixgram://%s", "tcp://%s"]}
storage: {step: 2s, tiers: [{step: 2s, keep: 1h}]}
`

// TestUpgradeLosesNothing starts the program anew again and again under a steady
// stream, of about 5,000 lines a second by UDP and 1,000 by a Unix socket.
func TestUpgradeLosesNothing(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	tcp := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	text := fmt.Sprintf(upgradeConfig, socket, tcp)
	config := writeFile(t, dir, "plimsoll.yml", text)
	d := found(t, config)
	d.told("READY=1")
	send(t, d.udp, "before:7|c\nload:100|g")
	udp, unix := streamTo(t, "udp", d.udp, 3, "udp"), streamTo(t, "unixgram", socket, 1, "unix")

	// One that cannot be: all goes on.
	writeFile(t, dir, "plimsoll.yml", text+"nonsense: 1\n")
	d.signal(syscall.SIGUSR2)
	eventually(t, "the bad configuration is refused", func() error {
		if !strings.Contains(d.wrote(), "not handed over") {
			return errors.New("nothing logged")
		}
		return d.ready()
	})
	writeFile(t, dir, "plimsoll.yml", text)

	total, rounds := 0.0, 3
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		rounds = 100
	}
	for range rounds {
		d.grows(&total)
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond) // anywhere in an interval
		conn := connect(t, tcp, linesByTCP)
		d.succeed()
		conn.Close()
		send(t, d.udp, "load:+1|g")
	}
	d.grows(&total)
	if code := <-d.first; code != 0 {
		t.Errorf("the first process ended with %d", code)
	}
	sent := map[string]int64{"udp": udp.end(), "unix": unix.end()}
	if udp.errors.Load()+unix.errors.Load() > 0 {
		t.Errorf("%d and %d datagrams were refused", udp.errors.Load(), unix.errors.Load())
	}
	for name, n := range sent {
		d.wants(t, name+"_hits_total", strconv.FormatInt(n, 10))
		d.wants(t, name+"_seconds_count", strconv.FormatInt(n, 10))
	}
	d.wants(t, "tcp_hits_total", strconv.Itoa(rounds*linesByTCP))
	d.wants(t, "before_total", "7")
	d.wants(t, "load", strconv.Itoa(100+rounds))
}

const linesByTCP = 1000

// connect writes lines into a connection that stays open.
func connect(t *testing.T, address string, lines int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_, err = conn.Write(bytes.Repeat([]byte("tcp.hits:1|c\n"), lines))
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// grows waits until the total that PromQL tells has grown, and fails if it fell.
func (d *dynasty) grows(total *float64) {
	d.t.Helper()
	eventually(d.t, "the total grows", func() error {
		got, err := d.query("udp_hits_total")
		if err != nil || len(got) != 1 {
			return fmt.Errorf("%v: %w", got, err)
		}
		now := got[0].Value.float(d.t)
		if now < *total {
			d.t.Fatalf("the total fell from %v to %v", *total, now)
		}
		if now == *total {
			return fmt.Errorf("still %v", now)
		}
		*total = now
		return nil
	})
}
