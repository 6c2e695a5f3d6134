// Package apache measures an Apache httpd by mod_status' page for machines,
// server-status?auto, with the names and labels of Lusitaniae/apache_exporter 1.0,
// so that its dashboards and rules work on our data.
//
//	Total Accesses: 12
//	BusyWorkers: 1
//	Scoreboard: _W___....
//
// What holds:
//   - Without ExtendedStatus the page lacks the counters; they are left out.
//   - Of the exporter's series about mod_proxy_balancer none is made: the balancer
//     is better measured by its members' own.
//   - apache_up is 0 when the page could not be read or was another one.
//
// Source of the format: apache/httpd modules/generators/mod_status.c, AP_STATUS_SHORT.
package apache

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/agents/page"
	"plimsoll/internal/metric"
)

// maxPage bounds the page: a character of the scoreboard for each worker.
const maxPage = 1 << 20

// Config is one Apache. Its page is mod_status' for machines.
type Config struct {
	page.Config `yaml:",inline"`
}

func kind() page.Kind {
	return page.Kind{Name: "apache", Job: "apache", URL: "http://127.0.0.1/server-status?auto", Read: read}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error { return kind().Validate(c.Config) }

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) { return kind().Target(c.Config, host) }

// read reads the page and tells of it.
func read(ctx context.Context, pages *ask.Reader, b *batch.Batch) error {
	text, err := pages.Get(ctx, "", maxPage)
	var values map[string]string
	if err == nil {
		values, err = parse(string(text))
	}
	b.Flag("apache_up", values != nil)
	if err != nil {
		return err
	}
	return tell(b, values)
}

// parse reads the page's lines "key: value".
func parse(page string) (map[string]string, error) {
	values := map[string]string{}
	for line := range strings.Lines(page) {
		if key, value, is := strings.Cut(strings.TrimSpace(line), ": "); is {
			values[key] = value
		}
	}
	if values["Scoreboard"] == "" {
		return nil, fmt.Errorf("%.100q is not server-status?auto", page)
	}
	return values, nil
}

// tell turns a page into samples.
func tell(b *batch.Batch, values map[string]string) error {
	version := values["ServerVersion"]
	b.Gauge("apache_info", 1, "version", version, "mpm", values["ServerMPM"])
	if v, is := number(version); is {
		b.Gauge("apache_version", v)
	}
	for state, n := range scoreboard(values["Scoreboard"]) {
		b.Gauge("apache_scoreboard", n, "state", state)
	}
	cpu(b, values, "user", "CPUUser", "CPUChildrenUser")
	cpu(b, values, "system", "CPUSystem", "CPUChildrenSystem")
	return b.Fields(fields(), values)
}

// cpu adds the CPU time of the server and its children.
func cpu(b *batch.Batch, values map[string]string, kind, own, children string) {
	a, err1 := strconv.ParseFloat(values[own], 64)
	c, err2 := strconv.ParseFloat(values[children], 64)
	if err1 == nil && err2 == nil {
		b.Counter("apache_cpu_time_ms_total", 1000*(a+c), "type", kind)
	}
}

// number makes 2.04071 of "Apache/2.4.71 (Debian)", as the exporter does.
func number(version string) (float64, bool) {
	_, rest, _ := strings.Cut(version, "/")
	rest, _, _ = strings.Cut(rest, " ")
	part := strings.Split(rest, ".")
	if len(part) != 3 {
		return 0, false
	}
	v, err := strconv.ParseFloat(fmt.Sprintf("%s.%02s%03s", part[0], part[1], part[2]), 64)
	return v, err == nil
}

// states name the characters of the scoreboard.
func states() map[rune]string {
	return map[rune]string{
		'_': "idle", 'S': "startup", 'R': "read", 'W': "reply", 'K': "keepalive", 'D': "dns",
		'C': "closing", 'L': "logging", 'G': "graceful_stop", 'I': "idle_cleanup", '.': "open_slot",
	}
}

// scoreboard counts workers by their state; what is no known state is "unknown".
func scoreboard(board string) map[string]float64 {
	known := states()
	out := map[string]float64{}
	for _, state := range known {
		out[state] = 0
	}
	for _, c := range board {
		state, is := known[c]
		if !is {
			state = "unknown"
		}
		out[state]++
	}
	return out
}

func fields() []batch.Field {
	return []batch.Field{
		{Key: "Total Accesses", Kind: metric.Counter, Name: "apache_accesses_total", Help: "Requests."},
		{Key: "Total kBytes", Kind: metric.Counter, Name: "apache_sent_kilobytes_total", Help: "Kilobytes sent."},
		{Key: "Total Duration", Kind: metric.Counter, Name: "apache_duration_ms_total", Help: "Time that all requests took, in milliseconds."},
		{Key: "Uptime", Kind: metric.Counter, Name: "apache_uptime_seconds_total", Help: "How long the server has been running."},
		{Key: "CPULoad", Name: "apache_cpuload", Help: "Share of a CPU used since the start, in percent."},
		{Key: "ParentServerConfigGeneration", Name: "apache_generation", Help: "How often the server was restarted.", Pairs: []string{"type", "config"}},
		{Key: "ParentServerMPMGeneration", Name: "apache_generation", Help: "How often the server was restarted.", Pairs: []string{"type", "mpm"}},
		{Key: "Load1", Name: "apache_load", Help: "Load average of the host.", Pairs: []string{"interval", "1min"}},
		{Key: "Load5", Name: "apache_load", Help: "Load average of the host.", Pairs: []string{"interval", "5min"}},
		{Key: "Load15", Name: "apache_load", Help: "Load average of the host.", Pairs: []string{"interval", "15min"}},
		{Key: "BusyWorkers", Name: "apache_workers", Help: "Workers, by whether they serve a request.", Pairs: []string{"state", "busy"}},
		{Key: "IdleWorkers", Name: "apache_workers", Help: "Workers, by whether they serve a request.", Pairs: []string{"state", "idle"}},
		{Key: "Processes", Name: "apache_processes", Help: "Processes.", Pairs: []string{"state", "all"}},
		{Key: "Stopping", Name: "apache_processes", Help: "Processes.", Pairs: []string{"state", "stopping"}},
		{Key: "ConnsTotal", Name: "apache_connections", Help: "Connections, by state.", Pairs: []string{"state", "total"}},
		{Key: "ConnsAsyncWriting", Name: "apache_connections", Help: "Connections, by state.", Pairs: []string{"state", "writing"}},
		{Key: "ConnsAsyncKeepAlive", Name: "apache_connections", Help: "Connections, by state.", Pairs: []string{"state", "keepalive"}},
		{Key: "ConnsAsyncClosing", Name: "apache_connections", Help: "Connections, by state.", Pairs: []string{"state", "closing"}},
	}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(
		batch.Meta(fields()),
		metric.Meta{Name: "apache_up", Type: "gauge", Help: "Whether Apache answered with its page."},
		metric.Meta{Name: "apache_info", Type: "gauge", Help: "1, with version and MPM as labels."},
		metric.Meta{Name: "apache_version", Type: "gauge", Help: "The version as a number: 2.4.71 is 2.04071."},
		metric.Meta{Name: "apache_scoreboard", Type: "gauge", Help: "Slots of the scoreboard, by state."},
		metric.Meta{Name: "apache_cpu_time_ms_total", Type: "counter", Help: "CPU time of the server and its children, in milliseconds."},
	)
}
