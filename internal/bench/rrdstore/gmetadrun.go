package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/bench/process"
	"plimsoll/rrdstore/rrdfile"
)

// withGmetad runs gmetad over the files in dir, and calls do when it asks for the
// first time.
func withGmetad(dir string, g *gmond, config string, do func(*process.Child) error) error {
	c, err := startGmetad(dir, g, config)
	if err != nil {
		return err
	}
	defer g.hangUp()
	defer c.Stop(stopTime)
	if err = g.await(); err == nil {
		err = do(c)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, c.Said())
	}
	return nil
}

func startGmetad(dir string, g *gmond, more string) (*process.Child, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf("data_source %q %d %s\nsetuid off\nrrd_rootdir %q\nxml_port %d\ninteractive_port %d\n%s",
		cluster, pollSeconds, g.listener.Addr(), dir, ports[0], ports[1], more)
	path := filepath.Join(dir, "gmetad.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, err
	}
	// Debugging keeps it in the foreground; level 1 says no more than errors do.
	return process.Start(exec.Command("/usr/sbin/gmetad", "-d", "1", "-c", path), dir)
}

// freePorts are some that nobody listens on now.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// gmetadVerified is how many of gmetad's files rrdtool looks at after a poll.
const gmetadVerified = 10

func gmetadFile(dir string, i int) string {
	return filepath.Join(dir, cluster, hostName(i/metricsPerHost), metricName(i%metricsPerHost)+".rrd")
}

// verifyGmetad asks rrdtool whether files end with the last poll.
func verifyGmetad(dir string, g *gmond) error {
	for k := range gmetadVerified {
		path := gmetadFile(dir, k*(g.points()-1)/(gmetadVerified-1))
		out, err := exec.Command("rrdtool", "last", path).Output()
		if err != nil {
			return fmt.Errorf("rrdtool last %s: %w", path, err)
		}
		if got, want := strings.TrimSpace(string(out)), strconv.FormatInt(g.localTime(), 10); got != want {
			return fmt.Errorf("%s ends at %s after poll %d, want %s", path, got, g.n, want)
		}
	}
	return nil
}

// tellFiles prints what gmetad has made, by its own defaults.
func tellFiles(dir string, g *gmond, took time.Duration) error {
	made, err := filepath.Glob(filepath.Join(dir, cluster, "host*", "*.rrd"))
	if err != nil {
		return err
	}
	if len(made) != g.points() {
		return fmt.Errorf("gmetad made %d files of %d", len(made), g.points())
	}
	s, err := rrdfile.Inspect(made[0])
	if err != nil {
		return err
	}
	fmt.Printf("gmetad made %d files of %d bytes in %.0f s:", len(made), s.FileBytes(), took.Seconds())
	for _, a := range s.RRA {
		fmt.Printf(" RRA:%s:%g:%d:%d", a.CF, a.XFF, a.Steps, a.Rows)
	}
	fmt.Printf(", step %d s.\n", s.Step)
	return nil
}

// forget drops what the making of the files has left in the page cache, as on a
// machine where gmetad has run for long. Nobody waits for an answer meanwhile.
func forget(dir string, g *gmond) error {
	unix.Sync()
	for i := range g.points() {
		f, err := os.Open(gmetadFile(dir, i))
		if err != nil {
			return err
		}
		err = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return nil
}
