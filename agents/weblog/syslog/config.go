package syslog

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Config describes one address to listen on. In YAML it is a mapping with these
// keys, or the address alone.
type Config struct {
	// Address is host:port for both UDP and TCP, or udp://host:port, or
	// tcp://host:port. Port 0 takes a free one, the same for both.
	Address string `yaml:"address"`
	// Format is that of the lines, as package accesslog names it, or auto.
	Format string `yaml:"format"`
	// Zone is that of times without one: a name as Europe/Berlin.
	Zone string `yaml:"zone"`
	// Allow lists the addresses and networks that may send; empty: all.
	Allow []string `yaml:"allow"`
	// Optional lets the start go on if the address is taken.
	Optional bool `yaml:"optional"`

	MaxConns    int           `yaml:"max_connections"`
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	MaxLine     int           `yaml:"max_line_bytes"`
	ReadBuffer  int           `yaml:"read_buffer_bytes"` // of UDP, asked of the kernel
}

// Default returns the configuration of an address.
func Default(address string) Config {
	return Config{
		Address: address, Format: "auto", MaxConns: 1000, IdleTimeout: time.Hour,
		MaxLine: 64 << 10, ReadBuffer: 4 << 20,
	}
}

// UnmarshalYAML takes the address alone, or a mapping.
func (c *Config) UnmarshalYAML(decode func(any) error) error {
	var alone string
	if decode(&alone) == nil {
		*c = Default(alone)
		return nil
	}
	type mapping Config // without this method
	m := mapping(Default(""))
	if err := decode(&m); err != nil {
		return err
	}
	*c = Config(m)
	return nil
}

// Split returns the networks and the address.
func (c Config) Split() (networks []string, address string) {
	network, address, told := strings.Cut(c.Address, "://")
	if !told {
		return []string{"udp", "tcp"}, c.Address
	}
	return []string{network}, address
}

// Validate reports all that is wrong, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	networks, address := c.Split()
	_, err := net.ResolveTCPAddr("tcp", address)
	known := len(networks) == 2 || networks[0] == "udp" || networks[0] == "tcp"
	bad(err != nil || address == "" || !known, "address: %q is not host:port, udp://host:port or tcp://host:port", c.Address)
	_, err = parseAllow(c.Allow)
	bad(err != nil, "allow%w", err)
	_, err = time.LoadLocation(c.Zone)
	bad(err != nil, "zone: %w", err)
	bad(c.MaxConns < 1, "max_connections: %d is less than 1", c.MaxConns)
	bad(c.IdleTimeout < time.Second, "idle_timeout: %v is less than 1s", c.IdleTimeout)
	bad(c.MaxLine < 256 || c.MaxLine > 1<<20, "max_line_bytes: %d is not in 256..1048576", c.MaxLine)
	bad(c.ReadBuffer < 0, "read_buffer_bytes: %d is negative", c.ReadBuffer)
	return errors.Join(errs...)
}

// parseAllow reads networks and single addresses; an error begins with the place
// in the list.
func parseAllow(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for i, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			a = a.Unmap().WithZone("")
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %q is not an address or a network, such as 10.0.0.0/8", i, s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
