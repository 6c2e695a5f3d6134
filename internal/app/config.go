package app

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/handler"
	"plimsoll/agents/host"
	"plimsoll/agents/scrape"
	"plimsoll/agents/snmp"
	"plimsoll/agents/weblog"
	"plimsoll/alerting"
	"plimsoll/collector"
	"plimsoll/collector/farm"
	"plimsoll/collector/ganglia"
	"plimsoll/collector/graphite"
	"plimsoll/collector/otlp"
	"plimsoll/collector/push"
	"plimsoll/collector/trap"
	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	"plimsoll/counterd/listen"
	"plimsoll/dashboard"
	"plimsoll/internal/certs"
	"plimsoll/internal/config"
	"plimsoll/internal/live"
	"plimsoll/internal/query"
	"plimsoll/internal/targets"
)

// Config is the configuration file. Each section is owned by the package that
// it configures; what stands here concerns several of them.
type Config struct {
	// Flush is how often counters and timings are handed on; intervals end at
	// its multiples of wall-clock time.
	Flush  time.Duration `yaml:"flush"`
	Data   string        `yaml:"data"` // directory of archives and state
	Listen Listen        `yaml:"listen"`

	Storage   Storage          `yaml:"storage"`
	Agent     Agent            `yaml:"agent"`
	Targets   targets.Config   `yaml:"targets"` // what the agent asks besides this host
	SNMP      snmp.Config      `yaml:"snmp"`
	Traps     trap.Config      `yaml:"traps"`
	Scrape    scrape.Config    `yaml:"scrape"`
	Weblog    weblog.Config    `yaml:"access_logs"`
	Counterd  counterd.Config  `yaml:"counterd"`
	Collector collector.Config `yaml:"collector"`
	Farm      farm.Config      `yaml:"farm"`
	// AgentConfigs is a directory of configurations that agents fetch.
	AgentConfigs string `yaml:"agent_configs"`

	Ganglia   ganglia.Config   `yaml:"ganglia"`
	Graphite  graphite.Config  `yaml:"graphite"`
	OTLP      otlp.Config      `yaml:"otlp"`
	Push      push.Config      `yaml:"push"`
	Query     query.Config     `yaml:"query"`
	Live      live.Config      `yaml:"live"`
	Auth      dashboard.Auth   `yaml:"auth"`
	Dashboard dashboard.Limits `yaml:"dashboard"`
	Sentry    SentryConfig     `yaml:"sentry"`
	Alerting  alerting.Config  `yaml:",inline"` // checks, rules, contacts, …
}

// Listen holds the addresses of the service, host:port.
type Listen struct {
	HTTP string `yaml:"http"`
	UDP  string `yaml:"udp"`
	// TLS is what http speaks; without its files it is plain.
	TLS certs.Files `yaml:"tls"`
}

// url is where people reach the pages, as far as the addresses tell: an address
// that means every interface is replaced with this machine's name.
func (l Listen) url() string {
	scheme := "http://"
	if l.TLS.Configured() {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(l.HTTP)
	if err != nil {
		return scheme + l.HTTP
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return scheme + net.JoinHostPort(host, port)
}

// Agent configures the agent for this host that runs inside the service.
type Agent struct {
	Enabled       bool `yaml:"enabled"`
	agents.Config `yaml:",inline"`
	Host          host.Config `yaml:"host"`
	// Arguments shows the command lines of processes, which may hold passwords,
	// to whoever asks for the busiest.
	Arguments bool `yaml:"process_arguments"`
	// Handlers are the commands that event handlers may run on this host.
	Handlers handler.List `yaml:"handlers"`
}

// Default is the configuration of an empty file.
func Default() Config {
	c := Config{
		Flush:     10 * time.Second,
		Data:      "data",
		Listen:    Listen{HTTP: "127.0.0.1:8680", UDP: "127.0.0.1:8125"},
		Storage:   defaultStorage(),
		Agent:     Agent{Enabled: true, Config: agents.Default(), Host: host.Default()},
		SNMP:      snmp.Default(),
		Traps:     trap.Default(),
		Weblog:    weblog.Default(),
		Counterd:  counterd.Default(),
		Collector: collector.Default(),
		Farm:      farm.Default(),
		Ganglia:   ganglia.Default(),
		Graphite:  graphite.Default(),
		OTLP:      otlp.Default(),
		Push:      push.Default(),
		Query:     query.Default(),
		Live:      live.Default(),
		Dashboard: dashboard.Default().Limits,
		Alerting:  alerting.Default(),
	}
	c.Agent.Live = time.Second
	flickr := listen.Default("127.0.0.1:8765") // where Flickr's old clients send
	flickr.Optional = true
	c.Counterd.Listen = []listen.Config{flickr}
	c.Counterd.Admin = admin.Default()
	if name, err := os.Hostname(); err == nil {
		c.Agent.Instance, c.Weblog.Instance = name, name
	}
	return c
}

// Load reads the file at path over the defaults and validates the result. An
// empty path means the defaults.
func Load(path string) (Config, error) { return load(path, Config.Validate) }

// Check is Load, and does all else that a start does but open sockets and files:
// it also reads the secrets that the configuration names.
func Check(path string) (Config, error) {
	return load(path, func(c Config) error {
		_, err := newReporter(c.Sentry, "check", nil, time.Now)
		return errors.Join(c.Validate(), err, config.Under("counterd", c.Counterd.CheckFiles()), c.checkTLS(), c.checkAgentConfigs(), config.Under("snmp", c.SNMP.CheckFiles()), config.Under("traps", c.Traps.CheckFiles()))
	})
}

// load reports all that is wrong with a file at once.
func load(path string, validate func(Config) error) (Config, error) {
	c := Default()
	if path == "" {
		return c, validate(c)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	r := config.NewReport(path)
	r.Refers = func(broken, path string) bool {
		return strings.HasPrefix(broken, "contacts") && strings.Contains(path, ".contacts[")
	}
	config.Decode(text, &c, r)
	r.AddInvalid(c.Alerting.RuleFiles.Load(filepath.Dir(path)))
	r.AddInvalid(validate(c))
	return c, r.Err()
}

// spread hands the settings that concern several sections to each of them.
func (c Config) spread() Config {
	c.Storage = c.Storage.spread(c.Data)
	c.Collector.Dir = c.Data
	c.Weblog.Dir = c.Data
	c.Alerting.Dir = c.Data
	c.Counterd.Flush = c.Flush
	c.Counterd.First = c.firstListener()
	return c
}

// firstListener is listen.udp, with the options that counterd.listen may have
// for it.
func (c Config) firstListener() listen.Config {
	for _, l := range c.Counterd.Listen {
		if strings.TrimPrefix(l.Address, "udp://") == c.Listen.UDP {
			return l
		}
	}
	return listen.Default(c.Listen.UDP)
}

// Validate reports all problems at once, each with the path of its key.
func (c Config) Validate() error {
	shared := c.validateShared()
	if shared != nil {
		// The sections are looked at with what holds by default, so that they do
		// not complain of the same thing in their own words.
		d := Default()
		c.Data, c.Flush, c.Listen = d.Data, d.Flush, d.Listen
	}
	c = c.spread()
	errs := []error{shared}
	if c.Agent.Enabled {
		errs = append(errs, config.Under("agent", c.Agent.Validate()), config.Under("agent.host", c.Agent.Host.Validate()), config.Under("agent", c.Agent.Handlers.Validate()))
	}
	return errors.Join(append(errs,
		c.Targets.Validate(c.Agent.Instance), c.Storage.Validate(), config.Under("counterd", c.Counterd.Validate()), config.Under("collector", c.Collector.Validate()), config.Under("farm", c.Farm.Validate()),
		config.Under("ganglia", c.Ganglia.Validate()),
		config.Under("graphite", c.Graphite.Validate()),
		config.Under("traps", c.Traps.Validate()),
		config.Under("snmp", c.SNMP.Validate()), config.Under("scrape", c.Scrape.Validate()),
		config.Under("otlp", c.OTLP.Validate()), config.Under("push", c.Push.Validate()),
		config.Under("access_logs", c.Weblog.Validate()),
		c.Query.Validate(), c.Live.Validate(), c.Auth.Validate(), c.Dashboard.Validate(), c.Alerting.Validate(),
	)...)
}

// validateShared looks at what concerns several sections.
func (c Config) validateShared() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: is empty; name a directory"))
	}
	if c.Flush < time.Second || time.Minute%c.Flush != 0 {
		errs = append(errs, fmt.Errorf("flush: %s is not at least 1s and a divisor of a minute", c.Flush))
	}
	if _, err := net.ResolveUDPAddr("udp", c.Listen.UDP); err != nil || c.Listen.UDP == "" {
		errs = append(errs, fmt.Errorf("listen.udp: %q is not host:port, such as 127.0.0.1:8125", c.Listen.UDP))
	}
	if _, err := net.ResolveTCPAddr("tcp", c.Listen.HTTP); err != nil || c.Listen.HTTP == "" {
		errs = append(errs, fmt.Errorf("listen.http: %q is not host:port, such as 127.0.0.1:8680", c.Listen.HTTP))
	}
	errs = append(errs, config.Under("listen", c.Listen.TLS.Validate()))
	if len(c.Auth.Certificates) > 0 && c.Listen.TLS.ClientCAFile == "" {
		errs = append(errs, errors.New("auth.certificates: listen.tls.client_ca_file is missing, which says who signs them"))
	}
	return errors.Join(append(errs,
		dashboard.CheckListen(c.open(), c.Auth.Configured()))...)
}

// open returns the addresses, by key, at which nobody is asked who he is: all
// but the counter listeners that say who may send.
func (c Config) open() map[string]string {
	out := map[string]string{"listen.http": c.Listen.HTTP, "listen.udp": c.Listen.UDP}
	for i, l := range c.Counterd.Listen {
		network, address, found := strings.Cut(l.Address, "://")
		if !found {
			network, address = "udp", l.Address
		}
		asks := len(l.Allow) > 0 || l.RequireSigned
		switch _, _, err := net.SplitHostPort(address); {
		case asks && network == "udp" && address == c.Listen.UDP:
			delete(out, "listen.udp")
		case !asks && err == nil: // an address that is none has its own complaint
			out[fmt.Sprintf("counterd.listen[%d]", i)] = address
		}
	}
	maps.Copy(out, c.openReceivers())
	for i, l := range c.Weblog.Syslog {
		if _, address := l.Split(); len(l.Allow) == 0 {
			out[fmt.Sprintf("access_logs.syslog[%d]", i)] = address
		}
	}
	return out
}

// InspectData tells in a sentence what of the archives in c.Data is not as c has
// it; "" for nothing. It only reads.
func InspectData(c Config) (note string, err error) { return c.spread().Storage.InspectArchives() }
