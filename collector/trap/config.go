package trap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
	"plimsoll/internal/mib"
	"plimsoll/internal/usm"
)

// Config configures a Receiver.
type Config struct {
	// Listen is the UDP address, host:port; empty: nothing is received.
	Listen string `yaml:"listen"`
	// Optional lets the service start when the address is taken by another; it is
	// tried again each second.
	Optional bool `yaml:"optional"`
	// Communities are those of versions 1 and 2c that are let in.
	Communities []string `yaml:"communities"`
	// Users are those of version 3.
	Users []usm.User `yaml:"users"`
	// Allow lists the addresses and networks that may send; empty: all.
	Allow []string `yaml:"allow"`
	// Rate and Burst bound the traps of one source, by second and at once.
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
	// EventRate bounds the events of all sources, by second.
	EventRate float64 `yaml:"event_rate"`
	// MaxOpen bounds the problems that are open.
	MaxOpen int `yaml:"max_open"`
	// Pairs are traps that open and end a problem, besides linkDown and linkUp.
	Pairs []Pair `yaml:"pairs"`

	// Dir is where traps.json is kept; empty keeps it nowhere.
	Dir    string           `yaml:"-"`
	Events metric.EventSink `yaml:"-"`
	Checks metric.CheckSink `yaml:"-"`
	// Device returns the name of a device at an address, "" for none; Interface
	// that of one of its interfaces; Up whether that was up when it was last
	// polled, at an instant that is zero if nobody knows. Poll has it polled at
	// once. All may be nil; none may wait.
	Device     func(address string) string                       `yaml:"-"`
	Interface  func(device string, ifIndex int) string           `yaml:"-"`
	Up         func(device, name string) (up bool, at time.Time) `yaml:"-"`
	Poll       func(device string)                               `yaml:"-"`
	Registerer prometheus.Registerer                             `yaml:"-"`
	Logger     *slog.Logger                                      `yaml:"-"`
}

// Pair is two traps: what one opens, the other ends.
type Pair struct {
	// Open and Close are numbers or known names of traps.
	Open  string `yaml:"open"`
	Close string `yaml:"close"`
	// Check is the name of the passive check, Severity its state while it is open.
	Check    string          `yaml:"check"`
	Severity metric.Severity `yaml:"severity"`
	// By is an object in both traps whose value tells what of the device it is
	// about, and Label the label for that; empty: it is about the device.
	By    string `yaml:"by"`
	Label string `yaml:"label"`
}

// Default returns a configuration that needs only sinks.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:1162", Optional: true, Communities: []string{"public"},
		Rate: 10, Burst: 100, EventRate: 20, MaxOpen: 10_000,
	}
}

// Open reports whether anybody may send who reaches the address.
func (c Config) Open() bool {
	return len(c.Allow) == 0 && (len(c.Communities) == 1 && c.Communities[0] == "public")
}

// Addresses are those that are listened on, by key.
func (c Config) Addresses() map[string]string {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return nil // there is none, or it has its own complaint
	}
	return map[string]string{"listen": c.Listen}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Listen != "" {
		if _, err := net.ResolveUDPAddr("udp", c.Listen); err != nil {
			bad("listen: %q is not host:port, such as 127.0.0.1:1162", c.Listen)
		}
	}
	for i, s := range c.Communities {
		if s == "" {
			bad("communities[%d]: is empty", i)
		}
	}
	names := map[string]bool{}
	for i, u := range c.Users {
		if err := u.Validate(); err != nil {
			bad("users[%d]: %w", i, err)
		}
		if names[u.User] {
			bad("users[%d].user: %q is there twice", i, u.User)
		}
		names[u.User] = true
	}
	if _, err := parseAllow(c.Allow); err != nil {
		errs = append(errs, err)
	}
	if c.Rate <= 0 || c.Burst < 1 || c.EventRate <= 0 {
		bad("rate: rate, burst and event_rate must be positive, not %v, %d, %v", c.Rate, c.Burst, c.EventRate)
	}
	if c.MaxOpen < 1 {
		bad("max_open: %d is less than 1", c.MaxOpen)
	}
	table := mib.New()
	for i, p := range c.Pairs {
		if err := p.validate(table); err != nil {
			bad("pairs[%d].%w", i, err)
		}
	}
	return errors.Join(errs...)
}

func (p Pair) validate(table *mib.Table) error {
	for key, name := range map[string]string{"open": p.Open, "close": p.Close, "by": p.By} {
		if _, err := table.Number(name); err != nil && (key != "by" || name != "") {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	switch {
	case p.Check == "":
		return errors.New("check: is empty")
	case (p.By == "") != (p.Label == ""):
		return errors.New("label: by and label belong together")
	case p.Severity != "" && p.Severity != metric.Warning && p.Severity != metric.Critical && p.Severity != metric.Unknown:
		return fmt.Errorf("severity: %q is none of warning, critical, unknown", p.Severity)
	}
	return nil
}

// CheckFiles reads all secrets.
func (c Config) CheckFiles() error {
	var errs []error
	for i, u := range c.Users {
		if _, _, err := u.Params(); err != nil {
			errs = append(errs, fmt.Errorf("users[%d].%w", i, err))
		}
	}
	return errors.Join(errs...)
}

func parseAllow(list []string) (out []netip.Prefix, err error) {
	for i, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("allow[%d]: %q is neither an address nor a network", i, s)
			}
			p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// none takes what nobody wants.
type none struct{}

func (none) PutEvent(context.Context, metric.Event) error       { return nil }
func (none) PutCheck(context.Context, metric.CheckResult) error { return nil }

// complete puts what does nothing in the place of what is nil.
func (c *Config) complete() {
	if c.Events == nil {
		c.Events = none{}
	}
	if c.Checks == nil {
		c.Checks = none{}
	}
	if c.Device == nil {
		c.Device = func(string) string { return "" }
	}
	if c.Interface == nil {
		c.Interface = func(string, int) string { return "" }
	}
	if c.Up == nil {
		c.Up = func(string, string) (bool, time.Time) { return false, time.Time{} }
	}
	if c.Poll == nil {
		c.Poll = func(string) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
