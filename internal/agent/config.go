package agent

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/handler"
	"plimsoll/agents/host"
	"plimsoll/agents/remote"
	"plimsoll/agents/scrape"
	"plimsoll/agents/snmp"
	"plimsoll/agents/spool"
	"plimsoll/agents/weblog"
	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	"plimsoll/counterd/listen"
	"plimsoll/internal/config"
	"plimsoll/internal/targets"
)

// Config is the configuration file of plimsoll-agent. Each section is owned by
// the package that it configures.
type Config struct {
	// Instance is the label instance of all that this host's agent measures.
	Instance string `yaml:"instance"`
	// Role is what the agent's configuration may be fetched by, besides Instance.
	Role string `yaml:"role"`
	// Fetch says where more of the configuration comes from.
	Fetch Fetch `yaml:"fetch"`
	// Job is the label job of what is measured of the host itself.
	Job string `yaml:"job"`
	// Interval is how often all is measured, unless a target says else.
	Interval time.Duration `yaml:"interval"`
	// Data is the directory of what outlives a restart. Without one samples that
	// wait for the collector are kept in memory only.
	Data string `yaml:"data"`

	// Collectors are URLs. One is used at a time, the first as long as it works.
	Collectors  []string      `yaml:"collectors"`
	RemoteWrite remote.Config `yaml:"remote_write"`
	Spool       spool.Config  `yaml:"spool"`
	Memory      Memory        `yaml:"memory"`

	Host     Host           `yaml:"host"`
	Targets  targets.Config `yaml:"targets"`
	Scrape   scrape.Config  `yaml:"scrape"`
	SNMP     snmp.Config    `yaml:"snmp"`
	Counterd Counterd       `yaml:"counterd"`
	Weblog   weblog.Config  `yaml:"access_logs"`
	// Handlers are the commands that event handlers may run on this host. They
	// are never fetched.
	Handlers handler.List `yaml:"handlers"`
}

// Memory bounds the samples that wait in memory, for the disk or, without a
// spool, for the collector.
type Memory struct {
	Samples int `yaml:"samples"`
}

// Host says how this host is measured.
type Host struct {
	Enabled     bool `yaml:"enabled"`
	host.Config `yaml:",inline"`
}

// Counterd configures the counter daemon for the applications of this host.
type Counterd struct {
	Enabled bool `yaml:"enabled"`
	// Job is the label job of what it counts; instance is that of the agent.
	Job string `yaml:"job"`
	// Flush is how often it hands on what it counted.
	Flush           time.Duration `yaml:"flush"`
	counterd.Config `yaml:",inline"`
}

// Default is the configuration of an empty file.
func Default() Config {
	d := agents.Default()
	c := Config{
		Job: d.Job, Interval: d.Interval,
		Fetch:       Fetch{Interval: time.Minute},
		Collectors:  remote.Default().URLs,
		RemoteWrite: remote.Default(),
		Spool:       spool.Default(),
		SNMP:        snmp.Default(),
		Memory:      Memory{d.QueueSamples},
		Host:        Host{Enabled: true, Config: host.Default()},
		Counterd:    Counterd{Enabled: true, Job: "counterd", Flush: d.Interval, Config: counterd.Default()},
		Weblog:      weblog.Default(),
	}
	local := listen.Default("127.0.0.1:8125")
	local.Optional = true // a service on this host may have it
	c.Counterd.Listen = []listen.Config{local}
	c.Counterd.Admin = admin.Config{} // not asked for: no port
	if name, err := os.Hostname(); err == nil {
		c.Instance = name
	}
	return c
}

// Load reads the file at path over the defaults and validates the result.
func Load(path string) (Config, error) {
	c := Default()
	err := config.Load(path, &c, Config.Validate)
	return c, err
}

// Check is Load, and does all else that a start does but open sockets and files
// of its own: it also reads the keys and rules that the configuration names.
func Check(path string) (Config, error) {
	c := Default()
	err := config.Load(path, &c, func(c Config) error {
		_, err := remote.NewClient(c.RemoteWrite)
		return errors.Join(c.Validate(), config.Under("remote_write", err), config.Under("counterd", c.Counterd.CheckFiles()), config.Under("snmp", c.SNMP.CheckFiles()))
	})
	return c, err
}

// Validate reports all problems at once, each with the path of its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Instance == "", "instance: is empty, and the host has no name")
	bad(c.Job == "", "job: is empty")
	bad(c.Interval < time.Second || c.Interval%time.Second != 0, "interval: %v is not a whole number of seconds, 1s at least", c.Interval)
	bad(c.Memory.Samples < c.runner().BatchSamples, "memory.samples: %d is less than %d", c.Memory.Samples, c.runner().BatchSamples)
	if c.Fetch.URL != "" {
		bad(remote.ValidateURLs([]string{c.Fetch.URL}) != nil, "fetch.url: %q is not of the form http://host:port or https://host:port", c.Fetch.URL)
		bad(c.Fetch.Interval < time.Second, "fetch.interval: %v is less than 1s", c.Fetch.Interval)
		bad(c.Data == "", "fetch.url: needs data, to keep the last good configuration in")
	}
	if err := remote.ValidateURLs(c.Collectors); err != nil {
		for line := range strings.Lines(err.Error()) {
			bad(true, "collectors%s", strings.TrimSuffix(line, "\n"))
		}
	}
	errs = append(errs,
		config.Under("remote_write", c.RemoteWrite.Validate()), config.Under("spool", c.Spool.Validate()),
		c.Targets.Validate(c.Instance), config.Under("scrape", c.Scrape.Validate()), config.Under("snmp", c.SNMP.Validate()))
	if c.Host.Enabled {
		errs = append(errs, config.Under("host", c.Host.Validate()))
	}
	errs = append(errs, config.Under("access_logs", c.validateLogs()), c.Handlers.Validate())
	if c.Counterd.Enabled {
		errs = append(errs, config.Under("counterd", c.Counterd.Validate()))
	}
	return errors.Join(errs...)
}

// Validate reports all that is wrong with the counter daemon's section.
func (c Counterd) Validate() error {
	var job, open error
	if c.Job == "" {
		job = errors.New("job: is empty")
	}
	for i, l := range c.Listen {
		if err := local(l); err != nil {
			open = errors.Join(open, fmt.Errorf("listen[%d].%w", i, err))
		}
	}
	c.Config.Flush = c.Flush
	return errors.Join(job, open, c.Config.Validate())
}

// runner is what all targets have in common.
func (c Config) runner() agents.Config {
	r := agents.Default()
	r.Instance, r.Job, r.Interval, r.QueueSamples = c.Instance, c.Job, c.Interval, c.Memory.Samples
	return r
}
