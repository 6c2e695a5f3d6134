package listen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"time"
)

// Config describes one address to listen on. In YAML it is a mapping with these
// keys, or the address alone. What is zero takes its value from Default.
type Config struct {
	// Address is host:port or udp://host:port, tcp://host:port,
	// unixgram:///path or unix:///path. Port 0 takes a free one.
	Address string `yaml:"address"`
	// Allow, when not empty, lists the addresses and networks that may send.
	Allow []string `yaml:"allow"`
	// Keys are those of senders that sign their datagrams.
	Keys []Key `yaml:"keys"`
	// RequireSigned refuses datagrams without a signature.
	RequireSigned bool `yaml:"require_signed"`
	// SignatureWindow is how far the time of a signature may be off.
	SignatureWindow time.Duration `yaml:"signature_window"`
	// MaxReplay bounds the signatures that are remembered per key within two
	// windows, of which there are two generations, at some 20 bytes each.
	MaxReplay int `yaml:"max_replay"`
	// ReadBuffer is the socket buffer to ask the kernel for, in bytes.
	ReadBuffer int `yaml:"read_buffer_bytes"`
	// Readers is the number of UDP sockets that share the address, each with its
	// own goroutine. One keeps the order of the lines of one sender.
	Readers int `yaml:"readers"`
	// GRO is "auto": let the kernel coalesce datagrams where it can and still says
	// how many it dropped; or "off".
	GRO string `yaml:"gro"`
	// Mode is the permission of a Unix socket, in octal.
	Mode string `yaml:"mode"`
	// MaxConns bounds the connections of a stream listener.
	MaxConns int `yaml:"max_connections"`
	// IdleTimeout closes a connection on which nothing came for so long.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// MaxLine bounds a line of a stream, in bytes.
	MaxLine int `yaml:"max_line_bytes"`

	// SignedGauges takes -2|g for a value, as clients of DogStatsD mean it, rather
	// than for a step down.
	SignedGauges bool `yaml:"signed_gauges"`
	// Optional lets the daemon start when the address is taken by another.
	Optional bool `yaml:"optional"`

	// Now is the clock that signatures are held against; nil means time.Now.
	Now func() time.Time `yaml:"-"`
}

// The values of Config.GRO.
const (
	groAuto = "auto"
	groOff  = "off"
)

// Default returns the configuration of an address without options.
func Default(address string) Config {
	return Config{
		Address:         address,
		SignatureWindow: time.Minute,
		MaxReplay:       1 << 20,
		ReadBuffer:      4 << 20,
		Readers:         1,
		GRO:             groAuto,
		Mode:            "0666", // as open as a port on loopback
		MaxConns:        1000,
		IdleTimeout:     10 * time.Minute,
		MaxLine:         8192,
	}
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	d := Default(c.Address)
	fill(&c.SignatureWindow, d.SignatureWindow)
	fill(&c.MaxReplay, d.MaxReplay)
	fill(&c.ReadBuffer, d.ReadBuffer)
	fill(&c.Readers, d.Readers)
	fill(&c.GRO, d.GRO)
	fill(&c.Mode, d.Mode)
	fill(&c.MaxConns, d.MaxConns)
	fill(&c.IdleTimeout, d.IdleTimeout)
	fill(&c.MaxLine, d.MaxLine)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func fill[T comparable](v *T, with T) {
	var zero T
	if *v == zero {
		*v = with
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

// Validate reports all that is wrong with c, each with its key. It reads no files.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	a, err := parseAddress(c.Address)
	if err != nil {
		return fmt.Errorf("address: %q: %w", c.Address, err) // what else holds depends on it
	}
	_, err = parseAllow(c.Allow)
	bad(err != nil, "allow%w", err)
	bad(len(c.Allow) > 0 && a.isUnix(), "allow: %q has no senders' addresses: use mode", c.Address)
	_, err = parseMode(c.Mode)
	bad(err != nil, "mode: %w", err)
	bad(c.ReadBuffer < 0, "read_buffer_bytes: %d is negative", c.ReadBuffer)
	bad(c.Readers < 1 || c.Readers > 64, "readers: %d is not in 1..64", c.Readers)
	bad(c.Readers > 1 && a.network != udp, "readers: %d: only UDP can have more than one, %q is not UDP", c.Readers, c.Address)
	bad(c.GRO != groAuto && c.GRO != groOff, "gro: %q is not auto or off", c.GRO)
	bad(c.MaxConns < 1, "max_connections: %d is less than 1", c.MaxConns)
	bad(c.IdleTimeout < time.Second, "idle_timeout: %v is less than 1s", c.IdleTimeout)
	bad(c.MaxLine < 64 || c.MaxLine > 1<<20, "max_line_bytes: %d is not in 64..1048576", c.MaxLine)
	return errors.Join(append(errs, c.validateSigning(a)...)...)
}

func (c Config) validateSigning(a address) []error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	signs := len(c.Keys) > 0 || c.RequireSigned
	bad(signs && a.isStream(), "keys, require_signed: %q is a stream, and a signature covers one datagram: "+
		"sign datagrams, or guard the stream by allow, mode or a tunnel", c.Address)
	bad(c.RequireSigned && len(c.Keys) == 0, "require_signed: no keys are given, so nothing could be accepted")
	bad(c.SignatureWindow < time.Second, "signature_window: %v is less than 1s", c.SignatureWindow)
	bad(c.SignatureWindow > 24*time.Hour, "signature_window: %v is more than 24h", c.SignatureWindow)
	bad(c.MaxReplay < 1, "max_replay: %d is less than 1", c.MaxReplay)
	seen := map[string]bool{}
	for i, k := range c.Keys {
		err := k.validate()
		bad(err != nil, "keys[%d].%w", i, err)
		bad(seen[k.ID], "keys[%d].id: %q is given twice", i, k.ID)
		seen[k.ID] = true
	}
	return errs
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
		out = append(out, unmappedPrefix(p).Masked())
	}
	return out, nil
}

// unmappedPrefix makes an IPv4 network of one that is written as IPv6.
func unmappedPrefix(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits of ::ffff:0:0/96
	if !p.Addr().Is4In6() || p.Bits() < mapped {
		return p
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
}

func parseMode(s string) (os.FileMode, error) {
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("%q is not a permission in octal, such as 0660", s)
	}
	return os.FileMode(n), nil
}
