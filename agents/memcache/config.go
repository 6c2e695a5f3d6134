package memcache

import (
	"errors"

	"plimsoll/agents"
)

// DefaultAddress is where memcached listens by default.
const DefaultAddress = "127.0.0.1:11211"

// Config is one memcached.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is host:port, or the path of a unix socket; empty: DefaultAddress.
	Address string `yaml:"address"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = DefaultAddress
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
	return agents.Target{Agent: a, Options: c.Named("memcached", c.Address, host)}, err
}
