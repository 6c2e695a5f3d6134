package app

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"plimsoll/agents"
	"plimsoll/agents/host"
	"plimsoll/alerting"
	"plimsoll/collector"
	"plimsoll/counterd"
	"plimsoll/dashboard"
	"plimsoll/internal/live"
	"plimsoll/internal/query"
	"plimsoll/rrdstore"
)

// Config is the configuration file. Each section is owned by the package that
// it configures; what stands here concerns several of them.
type Config struct {
	// Flush is how often counters and timings are handed on; intervals end at
	// its multiples of wall-clock time.
	Flush  time.Duration `yaml:"flush"`
	Data   string        `yaml:"data"` // directory of archives and state
	Listen Listen        `yaml:"listen"`

	Storage   rrdstore.Config  `yaml:"storage"`
	Agent     Agent            `yaml:"agent"`
	Counterd  counterd.Config  `yaml:"counterd"`
	Collector collector.Config `yaml:"collector"`
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
}

// url is where people reach the pages, as far as the addresses tell: an address
// that means every interface is replaced with this machine's name.
func (l Listen) url() string {
	host, port, err := net.SplitHostPort(l.HTTP)
	if err != nil {
		return "http://" + l.HTTP
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Agent configures the agent for this host that runs inside the service.
type Agent struct {
	Enabled       bool `yaml:"enabled"`
	agents.Config `yaml:",inline"`
	Host          host.Config `yaml:"host"`
}

// Default is the configuration of an empty file.
func Default() Config {
	c := Config{
		Flush:     10 * time.Second,
		Data:      "data",
		Listen:    Listen{HTTP: "127.0.0.1:8680", UDP: "127.0.0.1:8125"},
		Storage:   rrdstore.Default(),
		Agent:     Agent{Enabled: true, Config: agents.Default(), Host: host.Default()},
		Counterd:  counterd.Default(),
		Collector: collector.Default(),
		Query:     query.Default(),
		Live:      live.Default(),
		Dashboard: dashboard.Default().Limits,
		Alerting:  alerting.Default(),
	}
	c.Agent.Live = time.Second
	if name, err := os.Hostname(); err == nil {
		c.Agent.Instance = name
	}
	return c
}

// Load reads the file at path over the defaults and validates the result. An
// empty path means the defaults.
func Load(path string) (Config, error) {
	c := Default()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		if err := decode(text, &c); err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
	}
	c.spread()
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%s:\n%w", path, err)
	}
	return c, nil
}

// decode is strict: an unknown key is an error with its line. A section without
// content leaves the defaults as they are.
func decode(text []byte, c *Config) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) > 1 {
		return fmt.Errorf("%d YAML documents in one file, want one", len(file.Docs))
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if top, is := doc.Body.(*ast.MappingNode); is {
			top.Values = slices.DeleteFunc(top.Values, func(v *ast.MappingValueNode) bool {
				return v.Value.Type() == ast.NullType
			})
		}
		if err := yaml.NewDecoder(strings.NewReader(""), yaml.Strict()).DecodeFromNode(doc.Body, c); err != nil {
			return located(err, doc.Body)
		}
	}
	return nil
}

// located adds the line to an error of the decoder that quotes a value but does
// not say where it stands, as those of time.ParseDuration.
func located(err error, body ast.Node) error {
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		return err
	}
	for _, n := range ast.Filter(ast.StringType, body) {
		if at := n.GetToken(); strings.Contains(err.Error(), strconv.Quote(at.Value)) {
			return fmt.Errorf("[%d:%d] %w", at.Position.Line, at.Position.Column, err)
		}
	}
	return err
}

// spread hands the settings that concern several sections to each of them.
func (c *Config) spread() {
	c.Storage.Dir = c.Data
	c.Collector.Dir = c.Data
	c.Counterd.Flush = c.Flush
	c.Counterd.Listen = []string{c.Listen.UDP}
	c.Alerting.Dir = c.Data
}

// Validate reports all problems at once, each with the path of its key.
func (c Config) Validate() error {
	c.spread()
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: is empty"))
	}
	if c.Flush < time.Second || time.Minute%c.Flush != 0 {
		errs = append(errs, fmt.Errorf("flush: %s is not at least 1s and a divisor of a minute", c.Flush))
	}
	if c.Agent.Enabled {
		errs = append(errs, under("agent", c.Agent.Validate()), under("agent.host", c.Agent.Host.Validate()))
	}
	errs = append(errs,
		c.Storage.Validate(), under("counterd", c.Counterd.Validate()), under("collector", c.Collector.Validate()),
		c.Query.Validate(), c.Live.Validate(), c.Auth.Validate(), c.Dashboard.Validate(), c.Alerting.Validate(),
		dashboard.CheckListen(map[string]string{"listen.http": c.Listen.HTTP, "listen.udp": c.Listen.UDP}, c.Auth.Configured()),
	)
	return errors.Join(errs...)
}

// under puts the path of a section before each line of its problems.
func under(section string, err error) error {
	if err == nil {
		return nil
	}
	var multi interface{ Unwrap() []error }
	if !errors.As(err, &multi) {
		return fmt.Errorf("%s.%w", section, err)
	}
	var errs []error
	for _, e := range multi.Unwrap() {
		errs = append(errs, under(section, e))
	}
	return errors.Join(errs...)
}

// Check does all that a start does, except to open sockets and files: it also
// reads the secrets that the configuration names.
func Check(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	_, err := c.Sentry.dsn()
	return err
}
