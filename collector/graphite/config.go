package graphite

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/port"
	"plimsoll/internal/metric"
)

// Config says where to listen, what paths mean, and the limits.
type Config struct {
	TCP string `yaml:"tcp"` // host:port; empty: nowhere
	UDP string `yaml:"udp"`
	// Allow, when not empty, lists the addresses and networks that may send.
	Allow []string `yaml:"allow"`
	// Optional lets the start succeed when an address is taken.
	Optional bool `yaml:"optional"`
	// Templates say which pieces of a path are labels; the first that matches
	// counts.
	Templates []Template `yaml:"templates"`

	MaxConnections          int `yaml:"max_connections"`
	MaxConnectionsPerSource int `yaml:"max_connections_per_source"`
	MaxLineBytes            int `yaml:"max_line_bytes"`
	// IdleTimeout closes a connection of which no line came for so long.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	ReadBuffer  int           `yaml:"read_buffer_bytes"`

	// SinkFor returns where the samples of a source go.
	SinkFor    func(source string) metric.Sink `yaml:"-"`
	Now        func() time.Time                `yaml:"-"` // nil: time.Now
	Registerer prometheus.Registerer           `yaml:"-"`
	Logger     *slog.Logger                    `yaml:"-"`
}

// Default listens on this machine only.
func Default() Config {
	return Config{
		TCP: "127.0.0.1:2003", UDP: "127.0.0.1:2003", Optional: true,
		MaxConnections: 1000, MaxConnectionsPerSource: 200, MaxLineBytes: 4096,
		IdleTimeout: 10 * time.Minute, ReadBuffer: 16 << 20,
	}
}

// Addresses returns what is listened on, by key.
func (c Config) Addresses() map[string]string { return map[string]string{"tcp": c.TCP, "udp": c.UDP} }

// Validate reports all that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for key, addr := range c.Addresses() {
		bad(addr != "" && !port.IsHostPort(addr), "%s: %q is not host:port, such as 127.0.0.1:2003", key, addr)
	}
	_, err := port.ParseAllow(c.Allow)
	bad(err != nil, "allow%w", err)
	bad(c.MaxConnections < 1, "max_connections: %d is less than 1", c.MaxConnections)
	bad(c.MaxConnectionsPerSource < 1, "max_connections_per_source: %d is less than 1", c.MaxConnectionsPerSource)
	bad(c.MaxLineBytes < 64 || c.MaxLineBytes > 1<<20, "max_line_bytes: %d is not in 64..1048576", c.MaxLineBytes)
	bad(c.IdleTimeout < time.Second, "idle_timeout: %v is less than 1s", c.IdleTimeout)
	bad(c.ReadBuffer < 1, "read_buffer_bytes: %d is less than 1", c.ReadBuffer)
	for i, t := range c.Templates {
		errs = append(errs, under(i, t.validate())...)
	}
	return errors.Join(errs...)
}

// under puts the place of a template before each of its problems.
func under(i int, err error) (errs []error) {
	var all interface{ Unwrap() []error }
	if errors.As(err, &all) {
		for _, e := range all.Unwrap() {
			errs = append(errs, fmt.Errorf("templates[%d].%w", i, e))
		}
	}
	return errs
}
