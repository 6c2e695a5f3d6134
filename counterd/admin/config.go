package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config describes the port. In YAML it is a mapping with these keys, or the
// address alone; an empty address means no port.
type Config struct {
	// Address is host:port. Port 0 takes a free one.
	Address string `yaml:"address"`
	// Allow lists the addresses and networks that may connect. Without it only
	// loopback is listened on: the port asks nobody who he is.
	Allow []string `yaml:"allow"`
	// Optional lets the daemon start when the address is taken by another.
	Optional bool `yaml:"optional"`
	// MaxConns bounds the open connections.
	MaxConns int `yaml:"max_connections"`
	// IdleTimeout closes a connection on which nothing was asked for so long.
	IdleTimeout time.Duration `yaml:"idle_timeout"`

	Daemon Daemon           `yaml:"-"`
	Now    func() time.Time `yaml:"-"`
	Logger *slog.Logger     `yaml:"-"`
}

// Daemon is what the words ask of the counter daemon. A call waits for a tick of
// it at most.
type Daemon interface {
	// Settings and Stats are listed in their order.
	Settings() []Setting
	Stats() []Figure
	// Snapshot returns all series of a kind, in no order.
	Snapshot(ctx context.Context, k Kind) ([]Series, error)
	// Delete forgets the series of a kind that pattern names: what the open
	// interval has of them is lost. It returns their names, and those that got
	// lines all the while and stay.
	Delete(ctx context.Context, k Kind, pattern string) (gone, busy []string, err error)
}

// Setting is a key of the configuration with its value.
type Setting struct{ Key, Value string }

// Figure is a number, in a group of them.
type Figure struct {
	Group, Name string
	Value       float64
}

// Kind is a type of series, as etsy's words tell them apart.
type Kind uint8

// The kinds.
const (
	Counters Kind = iota
	Timers
	Gauges
	Sets
)

// Series is a raw name and what it stands at.
type Series struct {
	Name string
	// Value is the increase of a counter, the value of a gauge, the number of
	// members of a set.
	Value float64
	// Timing is what a timer gathered; nil for the others.
	Timing *Timing
}

// Timing sums up the observations of an interval, in milliseconds if the sender
// said so. Without any, all but Count is zero. The keys are those of etsy's
// timer_data.
type Timing struct {
	Count float64 `json:"count"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
	Sum   float64 `json:"sum"`
	Mean  float64 `json:"mean"`
	Std   float64 `json:"std"`
}

// Default returns etsy's port, which is given up when somebody else has it.
func Default() Config {
	c := at("127.0.0.1:8126")
	c.Optional = true
	return c
}

func at(address string) Config {
	return Config{Address: address, MaxConns: 50, IdleTimeout: 5 * time.Minute}
}

// UnmarshalYAML takes the address alone, or a mapping.
func (c *Config) UnmarshalYAML(decode func(any) error) error {
	var alone string
	if decode(&alone) == nil {
		*c = at(alone)
		return nil
	}
	type mapping Config // without this method
	m := mapping(at(""))
	if err := decode(&m); err != nil {
		return err
	}
	*c = Config(m)
	return nil
}

// Validate reports all that is wrong with c, each with its key.
func (c Config) Validate() error {
	if c.Address == "" {
		return nil
	}
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return fmt.Errorf("address: %q is not host:port, such as 127.0.0.1:8126", c.Address)
	}
	_, err = strconv.ParseUint(port, 10, 16)
	bad(err != nil, "address: port %q is not in 0..65535", port)
	bad(!isLoopback(host) && len(c.Allow) == 0, "address: %q can be reached from other machines, and the port lets "+
		"everybody delete series: listen on %q, or name in allow who may connect", c.Address, net.JoinHostPort("127.0.0.1", port))
	_, err = parseAllow(c.Allow)
	bad(err != nil, "allow%w", err)
	bad(c.MaxConns < 1, "max_connections: %d is less than 1", c.MaxConns)
	bad(c.IdleTimeout < time.Second, "idle_timeout: %v is less than 1s", c.IdleTimeout)
	return errors.Join(errs...)
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// parseAllow reads networks and single addresses; an error begins with the place
// in the list.
func parseAllow(list []string) (out []netip.Prefix, err error) {
	for i, s := range list {
		p, err := netip.ParsePrefix(s)
		if a, alone := netip.ParseAddr(s); alone == nil {
			a = a.Unmap().WithZone("")
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("[%d]: %q is not an address or a network, such as 10.0.0.0/8", i, s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// allowed tells whether from may connect.
func allowed(allow []netip.Prefix, from net.Addr) bool {
	if len(allow) == 0 {
		return true
	}
	a, err := netip.ParseAddrPort(from.String())
	return err == nil && slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(a.Addr().Unmap().WithZone("")) })
}
