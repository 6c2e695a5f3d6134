// Package page is what agents have in common that read a server's status pages
// over HTTP: their configuration, and the call at each tick.
package page

import (
	"context"
	"errors"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Config is one server.
type Config struct {
	agents.Options `yaml:",inline"`
	ask.Page       `yaml:",inline"`
}

// Kind is a kind of server.
type Kind struct {
	// Name is the agent's, Job the label job of its targets.
	Name, Job string
	// URL is where the page is where a configuration says nothing.
	URL string
	// Read reads pages and tells of them. What it told is kept when it fails.
	Read func(ctx context.Context, pages *ask.Reader, b *batch.Batch) error
}

func (k Kind) withDefaults(c Config) Config {
	if c.URL == "" {
		c.URL = k.URL
	}
	return c
}

// Validate reports all that is wrong with a configuration.
func (k Kind) Validate(c Config) error {
	return errors.Join(c.Options.Validate(), k.withDefaults(c).Page.Validate())
}

// Target makes the target, asked from the host of that name.
func (k Kind) Target(c Config, host string) (agents.Target, error) {
	if err := k.Validate(c); err != nil {
		return agents.Target{}, err
	}
	c = k.withDefaults(c)
	a := &agent{kind: k, pages: ask.NewReader(c.Page)}
	return agents.Target{Agent: a, Options: c.Named(k.Job, c.Address(), host)}, nil
}

// agent asks one server.
type agent struct {
	kind  Kind
	pages *ask.Reader
	names batch.Names
}

// Name implements agents.Agent.
func (a *agent) Name() string { return a.kind.Name }

// Sample implements agents.Agent.
func (a *agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	err := a.kind.Read(ctx, a.pages, b)
	return b.Samples, err
}
