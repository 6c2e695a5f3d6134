package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peers are the daemons of others, at the versions that were measured. Each gets
// the least configuration under which it counts, and keeps its own defaults
// otherwise.
func peers() []daemon {
	return []daemon{
		{name: "netdata", language: "C", leads: true, version: "Debian 1.37.1-2", get: netdata(itsPriority)},
		{name: "netdata-normal", language: "C", leads: true, version: "Debian 1.37.1-2", get: netdata(normalPriority)},
		{name: "collectd", language: "C", version: "Debian 5.12.0-14", get: startCollectd},
		{name: "statsd_exporter", language: "Go", version: "v0.31.0", get: startExporter},
		{name: "telegraf", language: "Go", version: "v1.37.2", get: startTelegraf},
		{name: "gostatsd", language: "Go", version: "af796620006e of 2018-05-14, the newest that the Go module proxy has", get: startGostatsd},
		{name: "statsd", language: "Node", version: "npm 0.9.0", get: startStatsd},
		{name: "brubeck", language: "C", missing: noSource},
		{name: "statsite", language: "C", missing: noSource},
	}
}

const noSource = "neither Debian nor a registry of packages has it"

// By default netdata runs at the lowest priority: that saves wake-ups, and loses
// nearly all of a flood as soon as anything else wants the processor. So it is
// measured both ways.
const (
	itsPriority    = ""
	normalPriority = "process scheduling policy = keep\n    process nice level = 0\n    OOM score = keep"
)

func netdata(priority string) func() (starter, error) {
	return func() (starter, error) { return startNetdata(priority) }
}

func startNetdata(priority string) (starter, error) {
	root, err := debianPeer("netdata", "netdata-core=1.37.1-2", "libuv1", "libnetfilter-acct1")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		web, err := freePort()
		if err != nil {
			return nil, err
		}
		for _, d := range []string{"cache", "lib", "log", "plugins", "web"} {
			if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
				return nil, err
			}
		}
		config := filepath.Join(dir, "netdata.conf")
		text := strings.NewReplacer("DIR", dir, "UDP", address(port), "HTTP", address(web), "PRIORITY", priority).Replace(netdataConfig)
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			return nil, err
		}
		cmd := exec.Command(filepath.Join(root, "usr/sbin/netdata"), "-D", "-c", config)
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+filepath.Join(root, "usr/lib/x86_64-linux-gnu"), "DISABLE_TELEMETRY=1")
		return launch(cmd, dir, port)
	}, nil
}

// netdataConfig leaves statsd alone on: everything else that netdata does would
// count as cost of lines.
const netdataConfig = `[global]
    run as user = root
    PRIORITY
[directories]
    config = DIR
    stock config = DIR
    cache = DIR/cache
    lib = DIR/lib
    log = DIR/log
    plugins = DIR/plugins
    web = DIR/web
[db]
    mode = ram
[logs]
    debug = none
    access = none
    health = none
[ml]
    enabled = no
[health]
    enabled = no
[web]
    bind to = HTTP
[plugins]
    timex = no
    idlejitter = no
    proc = no
    diskspace = no
    cgroups = no
    tc = no
    apps = no
    enable running new plugins = no
    check for new plugins every = 36000
    netdata monitoring = no
    netdata monitoring extended = no
    statsd = yes
[statsd]
    bind to = udp:UDP
`

func startCollectd() (starter, error) {
	root, err := debianPeer("collectd", "collectd-core=5.12.0-14")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		config := filepath.Join(dir, "collectd.conf")
		text := fmt.Sprintf(`BaseDir %q
PIDFile %q
PluginDir %q
TypesDB %q
Interval 10
LoadPlugin statsd
<Plugin statsd>
  Host "127.0.0.1"
  Port "%d"
  TimerPercentile 90.0
</Plugin>
`, dir, filepath.Join(dir, "pid"), filepath.Join(root, "usr/lib/collectd"), filepath.Join(root, "usr/share/collectd/types.db"), port)
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			return nil, err
		}
		return launch(exec.Command(filepath.Join(root, "usr/sbin/collectd"), "-f", "-C", config), dir, port)
	}, nil
}

func startExporter() (starter, error) {
	binary, err := goPeer("statsd_exporter", "github.com/prometheus/statsd_exporter", "")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		web, err := freePort()
		if err != nil {
			return nil, err
		}
		c, err := launch(exec.Command(binary, "--statsd.listen-udp", address(port), "--statsd.listen-tcp=",
			"--web.listen-address", address(web), "--log.level=error"), dir, port)
		if err != nil {
			return nil, err
		}
		c.page = func() (string, error) { return fetch("http://" + address(web) + "/metrics") }
		c.count = func() (counts, error) {
			page, err := c.page()
			bad := sumOf(page, "statsd_exporter_sample_errors_total")
			return counts{Lines: sumOf(page, "statsd_exporter_lines_total") - bad, Bad: bad}, err
		}
		return c, nil
	}, nil
}

func startTelegraf() (starter, error) {
	binary, err := goPeer("telegraf", "github.com/influxdata/telegraf/cmd/telegraf", "custom,inputs.statsd,outputs.discard")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		config := filepath.Join(dir, "telegraf.conf")
		text := fmt.Sprintf("[agent]\n  interval = \"10s\"\n  flush_interval = \"10s\"\n  omit_hostname = true\n"+
			"[[inputs.statsd]]\n  service_address = %q\n  percentiles = [90.0]\n[[outputs.discard]]\n", address(port))
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			return nil, err
		}
		return launch(exec.Command(binary, "--quiet", "--config", config), dir, port)
	}, nil
}

func buildGostatsd() (string, error) {
	return goPeer("gostatsd", "github.com/atlassian/gostatsd/cmd/gostatsd", "")
}

func startGostatsd() (starter, error) {
	binary, err := buildGostatsd()
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) {
		return launch(exec.Command(binary, "--metrics-addr", address(port), "--backends", "null", "--flush-interval", "10s",
			"--statser-type", "null"), dir, port)
	}, nil
}

func startStatsd() (starter, error) {
	root, err := npmPeer("statsd", "0.9.0")
	if err != nil {
		return nil, err
	}
	return func(dir string, port int) (*child, error) { return launchStatsd(root, dir, port, "backends: []") }, nil
}

// launchStatsd runs etsy's statsd with these settings besides the ports.
func launchStatsd(root, dir string, port int, settings string) (*child, error) {
	admin, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config.js")
	text := fmt.Sprintf("{address: '127.0.0.1', port: %d, mgmt_address: '127.0.0.1', mgmt_port: %d, automaticConfigReload: false, %s}\n",
		port, admin, settings)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return launch(exec.Command("node", filepath.Join(root, "stats.js"), config), dir, port)
}
