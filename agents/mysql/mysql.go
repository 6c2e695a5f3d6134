package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Config is one MySQL or MariaDB.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is host:port, or the path of a unix socket; empty: 127.0.0.1:3306.
	Address string `yaml:"address"`
	// Username is that of the account; empty: plimsoll.
	Username string `yaml:"username"`
	// PasswordFile holds the password; it is read at each tick. Empty: none.
	PasswordFile string `yaml:"password_file"`
	// TLSCAFile holds the certificates by which the server's is judged; it makes
	// TLS a must.
	TLSCAFile string `yaml:"tls_ca_file"`
	// Tablespaces is how many of the largest InnoDB tablespaces are told.
	Tablespaces int `yaml:"tablespaces"`
	// Processes has threads counted by command and state.
	Processes bool `yaml:"processes"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:3306"
	}
	if c.Username == "" {
		c.Username = "plimsoll"
	}
	return c
}

// maxTablespaces bounds Config.Tablespaces: each is two series.
const maxTablespaces = 1000

// Validate reports all that is wrong with the configuration. It reads no files.
func (c Config) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Options.Validate(), agents.CheckAddress("address", c.Address)}
	if c.Tablespaces < 0 || c.Tablespaces > maxTablespaces {
		errs = append(errs, fmt.Errorf("tablespaces: %d is not between 0 and %d", c.Tablespaces, maxTablespaces))
	}
	if c.TLSCAFile != "" && strings.HasPrefix(c.Address, "/") {
		errs = append(errs, errors.New("tls_ca_file: a unix socket has no TLS"))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("mysql", c.Address, host)}, err
}

// Agent asks one server.
type Agent struct {
	cfg   Config
	names batch.Names
	// spaces are the largest tablespaces as they were at the tick spacesAt.
	spaces   []row
	spacesAt time.Time
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "mysql" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	got, err := a.fetch(ctx, at)
	b.Flag("mysql_up", len(got.status) > 0)
	err = errors.Join(err, tell(b, got))
	return b.Samples, err
}
