package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"plimsoll/internal/bench/process"
)

// Names of the programs that are measured.
const (
	ours         = "plimsoll-agent"
	nodeExporter = "node_exporter"
	gmond        = "gmond"
)

// program is a process that is measured.
type program struct {
	name string
	*process.Child
}

// patience is how long a program may take to end.
const patience = 10 * time.Second

// start starts all programs and what takes in their data; stop ends them all.
func start(ctx context.Context, o options, dir string) (all []program, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	stop = func() {
		cancel()
		for _, p := range all {
			p.Stop(patience)
		}
	}
	for _, s := range []struct {
		name string
		set  func(ctx context.Context, o options, dir string) (*exec.Cmd, error)
	}{{ours, setAgent}, {nodeExporter, setNodeExporter}, {gmond, setGmond}} {
		cmd, err := s.set(ctx, o, dir)
		if err != nil {
			return all, stop, fmt.Errorf("%s: %w", s.name, err)
		}
		child, err := process.Start(cmd, dir)
		if err != nil {
			return all, stop, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, program{s.name, child})
	}
	return all, stop, nil
}

// setAgent makes the command of our agent, which pushes to a sink here.
func setAgent(ctx context.Context, o options, _ string) (*exec.Cmd, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serve(ctx, l)
	return exec.Command(o.agent, "-server", "http://"+l.Addr().String(), "-interval", o.interval.String()), nil
}

// serve accepts all that is pushed, until ctx ends.
func serve(ctx context.Context, l net.Listener) {
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1")
		w.WriteHeader(http.StatusNoContent)
	})}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }() // ends with ctx
}

// setNodeExporter makes the command of node_exporter, which is scraped from here
// as Prometheus does.
func setNodeExporter(ctx context.Context, o options, _ string) (*exec.Cmd, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	go func() { // ends with ctx
		for pause(ctx, o.interval) == nil {
			if err := scrape(ctx, "http://"+address+"/metrics"); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "bench-agent: scrape node_exporter:", err)
			}
		}
	}()
	return exec.Command("prometheus-node-exporter", "--web.listen-address="+address), nil
}

func scrape(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1")
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// Changes to gmond's own default configuration: all is collected and sent at the
// interval, to a socket here that nobody reads, by a process that stays ours and
// hears nobody.
var (
	collectEvery  = regexp.MustCompile(`collect_every = \d+`)
	timeThreshold = regexp.MustCompile(`time_threshold = \d+`)
	multicast     = regexp.MustCompile(`mcast_join = [0-9.]+\s+port = \d+\s+ttl = 1`)
	modules       = regexp.MustCompile(`path = "mod`)
	receiving     = regexp.MustCompile(`(?s)\n(udp_recv_channel|tcp_accept_channel) \{.*?\n\}`)
)

// count reads what gmond sends, and complains if that is not what it measures.
func count(c net.PacketConn, o options) {
	n, until := 0, time.Now().Add(o.warm+o.length-o.interval)
	_ = c.SetReadDeadline(until)
	for buf := make([]byte, 2048); ; n++ {
		_, _, err := c.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			break // the deadline
		}
	}
	if least := gmondLeast * int(o.length/o.interval); n < least {
		fmt.Fprintf(os.Stderr, "bench-agent: gmond sent %d datagrams, less than %d: it does not measure\n", n, least)
	}
}

// gmondLeast is how many metrics gmond sends at each interval at the least.
const gmondLeast = 20

// setGmond makes the command of gmond, which sends to a socket here.
func setGmond(ctx context.Context, o options, dir string) (*exec.Cmd, error) {
	path, err := exec.LookPath("gmond")
	if err != nil {
		path = "/usr/sbin/gmond"
	}
	text, err := exec.CommandContext(ctx, path, "-t").Output()
	if err != nil {
		return nil, err
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	go count(c, o) // ends with c
	seconds := fmt.Sprint(int(o.interval.Seconds()))
	text = collectEvery.ReplaceAll(text, []byte("collect_every = "+seconds))
	text = timeThreshold.ReplaceAll(text, []byte("time_threshold = "+seconds))
	text = receiving.ReplaceAll(text, nil)
	found, err := filepath.Glob("/usr/lib/ganglia/modcpu.so")
	if err != nil || len(found) == 0 {
		found, err = filepath.Glob("/usr/lib/*/ganglia/modcpu.so")
	}
	if err != nil || len(found) == 0 {
		return nil, errors.Join(errors.New("its modules are not below /usr/lib"), err)
	}
	text = modules.ReplaceAll(text, []byte(`path = "`+filepath.Dir(found[0])+"/mod"))
	_, port, err := net.SplitHostPort(c.LocalAddr().String())
	if err != nil {
		return nil, err
	}
	text = multicast.ReplaceAll(text, []byte("host = 127.0.0.1\n  port = "+port))
	for _, change := range [][2]string{{"daemonize = yes", "daemonize = no"}, {"setuid = yes", "setuid = no"}, {"deaf = no", "deaf = yes"}} {
		text = regexp.MustCompile(change[0]).ReplaceAll(text, []byte(change[1]))
	}
	conf := filepath.Join(dir, "gmond.conf")
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		return nil, err
	}
	return exec.Command(path, "-f", "-c", conf), nil
}
