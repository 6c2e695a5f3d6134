package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// maxAnswer bounds an answer: some 40,000 servers.
const maxAnswer = 16 << 20

// Config is one process of HAProxy.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is that of a stats socket of the process: the path of a unix
	// socket, or host:port; empty: /run/haproxy/admin.sock. Any level will do.
	Address string `yaml:"address"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "/run/haproxy/admin.sock"
	}
	return c
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	return errors.Join(c.Options.Validate(), agents.CheckAddress("address", c.withDefaults().Address))
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("haproxy", c.Address, host)}, err
}

// Agent asks one process.
type Agent struct {
	address string
	names   batch.Names
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{address: c.withDefaults().Address}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "haproxy" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	err := errors.Join(
		a.asked(ctx, "show stat", func(text string) error { return tellStat(b, text) }),
		a.asked(ctx, "show info", func(text string) error { return tellInfo(b, text) }),
	)
	b.Flag("haproxy_up", len(b.Samples) > 0)
	return b.Samples, err
}

// asked sends one command, over a connection of its own as HAProxy has it, and
// hands its answer on.
func (a *Agent) asked(ctx context.Context, command string, tell func(text string) error) error {
	conn, err := ask.Dial(ctx, a.address)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	text, err := io.ReadAll(io.LimitReader(conn, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", command, err)
	case len(text) > maxAnswer:
		return fmt.Errorf("%s: %w: over %d bytes", command, ask.ErrTooLong, maxAnswer)
	}
	if err := tell(string(text)); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}
