package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang/snappy"

	"plimsoll/collector/ganglia"
	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// gmetricFlags are gmetric's options, by their short and long names.
type gmetricFlags struct {
	metric ganglia.Gmetric
	config string // -c, which means nothing here
}

func (g *gmetricFlags) define(f *flag.FlagSet) {
	text := func(to *string, short, long, value, usage string) {
		f.StringVar(to, short, *to, usage)
		f.StringVar(to, long, *to, "the same as -"+short+": `"+value+"`")
	}
	number := func(to *uint, short, long, usage string) {
		f.UintVar(to, short, *to, usage)
		f.UintVar(to, long, *to, "the same as -"+short+": `SECONDS`")
	}
	m := &g.metric
	text(&m.Name, "n", "name", "NAME", "as gmetric: `NAME` of a metric; with this flag all of gmetric's hold")
	text(&m.Value, "v", "value", "VALUE", "its `VALUE`")
	text(&m.Type, "t", "type", "TYPE", "its `TYPE`: int8, uint8, int16, uint16, int32, uint32, float, double; with -gmetric also string")
	text(&m.Units, "u", "units", "UNITS", "its `UNITS`; of use with -gmetric")
	text(&m.Slope, "s", "slope", "SLOPE", "its `SLOPE`: zero, positive, negative, both, derivative; positive and derivative make a counter")
	number(&m.TMAX, "x", "tmax", "`SECONDS` between two values at most; of use with -gmetric")
	number(&m.DMAX, "d", "dmax", "`SECONDS` after which the metric goes; of use with -gmetric")
	text(&m.Group, "g", "group", "GROUP", "its `GROUP`, or several with commas between")
	text(&m.Cluster, "C", "cluster", "CLUSTER", "its `CLUSTER`")
	text(&m.Desc, "D", "desc", "TEXT", "what it is, as a `TEXT`; of use with -gmetric")
	text(&m.Title, "T", "title", "TEXT", "its title, a `TEXT`; of use with -gmetric")
	text(&m.Spoof, "S", "spoof", "IP:NAME", "the host that it is of, `IP:NAME`")
	f.BoolVar(&m.Heartbeat, "H", m.Heartbeat, "with -S and -gmetric: say only that the host lives")
	f.BoolVar(&m.Heartbeat, "heartbeat", m.Heartbeat, "the same as -H")
	text(&g.config, "c", "conf", "FILE", "ignored, a `FILE` of gmond's: see -server and -gmetric")
}

// isGmetric says whether the options ask for what gmetric does.
func (g *gmetricFlags) isGmetric() bool { return g.metric != (ganglia.Gmetric{TMAX: usualTMAX}) }

// usualTMAX is gmetric's own, in seconds.
const usualTMAX = 60

// gmetricSender sends metrics, each to the service, which confirms them, or to a gmond.
type gmetricSender struct {
	server *server
	gmond  string // host:port; empty: to the service
}

// send sends all metrics; nil means that the service has stored them, or that a gmond
// was sent them. Those that cannot be sent are named, all others are.
func (s gmetricSender) send(ctx context.Context, all []ganglia.Gmetric, now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if s.gmond != "" {
		return sendPackets(ctx, s.gmond, host, all)
	}
	var samples []metric.Sample
	var errs []error
	for _, m := range all {
		sample, err := m.Sample(host, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("metric %q: %w", m.Name, err))
			continue
		}
		samples = append(samples, sample)
	}
	if len(samples) > 0 {
		errs = append(errs, s.server.write(ctx, samples))
	}
	return errors.Join(errs...)
}

func sendPackets(ctx context.Context, to, host string, all []ganglia.Gmetric) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", to)
	if err != nil {
		return fmt.Errorf("%w: -gmetric: %w", errUsage, err)
	}
	defer conn.Close()
	var errs []error
	for _, m := range all {
		packets, err := m.Packets(host)
		errs = append(errs, err)
		for _, p := range packets {
			if _, err := conn.Write(p); err != nil {
				return errors.Join(append(errs, fmt.Errorf("send to %s: %w", to, err))...)
			}
		}
	}
	return errors.Join(errs...)
}

// write sends samples by remote write; nil means that they are stored.
func (s *server) write(ctx context.Context, samples []metric.Sample) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := s.request(ctx, http.MethodGet, "/api/v1/write", url.Values{})
	if err != nil {
		return err
	}
	content := bytes.NewReader(snappy.Encode(nil, remotewrite.EncodeV2(samples)))
	req.Method, req.Body, req.ContentLength = http.MethodPost, io.NopCloser(content), int64(content.Len())
	req.Header.Set("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "2.0.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w (is plimsoll serve running there?)", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<10))
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	return err
}

// readBatch reads metrics, one a line, with the options of gmetric, over those in
// usual: "-n disk_util -v 42 -t uint8", in quotes where there are spaces; the word
// gmetric may stand before them, and "#" begins a comment. The error names each line
// that is not good; all others are returned with it.
func readBatch(in io.Reader, name string, usual ganglia.Gmetric) (all []ganglia.Gmetric, err error) {
	var errs []error
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		m, some, err := parseGmetric(lines.Text(), usual)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, n, err))
		} else if some {
			all = append(all, m)
		}
	}
	return all, errors.Join(append(errs, lines.Err())...)
}

// parseGmetric reads one line of a batch; false for one without a metric.
func parseGmetric(line string, usual ganglia.Gmetric) (m ganglia.Gmetric, some bool, err error) {
	args, err := words(line)
	if len(args) > 0 && args[0] == "gmetric" {
		args = args[1:]
	}
	if err != nil || len(args) == 0 {
		return m, false, err
	}
	g := gmetricFlags{metric: usual}
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	g.define(f)
	if err := f.Parse(args); err != nil {
		return m, false, err
	}
	if f.NArg() > 0 {
		return m, false, fmt.Errorf("%q is no option", f.Arg(0))
	}
	return g.metric, true, g.metric.Validate()
}

// words splits a line as a shell does, as far as quotes, "\" and "#" go.
func words(line string) (out []string, err error) {
	var word strings.Builder
	var quote rune
	open, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t' || r == '\r':
			if open {
				out = append(out, word.String())
			}
			word.Reset()
			open = false
		case r == '#' && !open:
			return out, nil
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("%q ends within quotes", line)
	}
	if open {
		out = append(out, word.String())
	}
	return out, nil
}
