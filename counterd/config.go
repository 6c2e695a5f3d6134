package counterd

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// Config says where to listen, where the samples go, and the limits.
type Config struct {
	// Listen holds UDP addresses, host:port; port 0 takes a free one.
	Listen []string `yaml:"listen"`
	// Readers is the number of sockets, and of goroutines that read them, for
	// each address. One keeps the order of gauge lines.
	Readers int `yaml:"readers"`
	// ReadBuffer is the socket buffer to ask the kernel for, in bytes.
	ReadBuffer int `yaml:"read_buffer_bytes"`
	// Flush is the interval of the samples to Sink, a multiple of Live.
	Flush time.Duration `yaml:"flush"`
	// Live is the interval of the samples to LiveSink.
	Live time.Duration `yaml:"live"`
	// IdleExpiry is how long a series lives without a line.
	IdleExpiry time.Duration `yaml:"idle_expiry"`
	// MaxSeries bounds the series of all types together.
	MaxSeries int `yaml:"max_series"`
	// MaxNameBytes bounds a name, MaxTagBytes all tags of a line.
	MaxNameBytes int `yaml:"max_name_bytes"`
	MaxTagBytes  int `yaml:"max_tag_bytes"`
	// MaxSetMembers bounds the different strings of a set in one flush.
	MaxSetMembers int `yaml:"max_set_members"`
	// MaxPending bounds the samples that wait for a Sink that fails.
	MaxPending int `yaml:"max_pending"`
	// PutTimeout is the deadline of each call of a Sink.
	PutTimeout time.Duration `yaml:"put_timeout"`

	// Sink gets the samples of each flush, LiveSink those of each second; either
	// may be nil.
	Sink     metric.Sink `yaml:"-"`
	LiveSink metric.Sink `yaml:"-"`
	// Conn, when set, is read instead of sockets bound to Listen. Run closes it.
	Conn net.PacketConn `yaml:"-"`

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Default returns the configuration that needs no file.
func Default() Config {
	return Config{
		Listen:        []string{"127.0.0.1:8125"},
		Readers:       1,
		ReadBuffer:    4 << 20,
		Flush:         10 * time.Second,
		Live:          time.Second,
		IdleExpiry:    time.Hour,
		MaxSeries:     200_000,
		MaxNameBytes:  250,
		MaxTagBytes:   1000,
		MaxSetMembers: 100_000,
		MaxPending:    1_000_000,
		PutTimeout:    4 * time.Second, // twice that is the longest end of Run
	}
}

// Validate reports all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(len(c.Listen) == 0 && c.Conn == nil, "listen: name at least one address, such as 127.0.0.1:8125")
	for i, a := range c.Listen {
		_, err := net.ResolveUDPAddr("udp", a)
		bad(err != nil, "listen[%d]: %q is not host:port: %w", i, a, err)
	}
	bad(c.Readers < 1 || c.Readers > 64, "readers: %d is not in 1..64", c.Readers)
	bad(c.ReadBuffer < 0, "read_buffer_bytes: %d is negative", c.ReadBuffer)
	bad(c.Live < 100*time.Millisecond || c.Live%time.Millisecond != 0,
		"live: %v is less than 100ms or not whole milliseconds", c.Live)
	bad(c.Flush < c.Live || c.Live > 0 && c.Flush%c.Live != 0, "flush: %v is not a multiple of live, %v", c.Flush, c.Live)
	bad(c.IdleExpiry < c.Flush, "idle_expiry: %v is less than flush, %v", c.IdleExpiry, c.Flush)
	bad(c.MaxSeries < 1, "max_series: %d is less than 1", c.MaxSeries)
	bad(c.MaxNameBytes < 1, "max_name_bytes: %d is less than 1", c.MaxNameBytes)
	bad(c.MaxTagBytes < 0, "max_tag_bytes: %d is negative", c.MaxTagBytes)
	bad(c.MaxSetMembers < 1, "max_set_members: %d is less than 1", c.MaxSetMembers)
	bad(c.MaxPending < 1, "max_pending: %d is less than 1", c.MaxPending)
	bad(c.PutTimeout <= 0, "put_timeout: %v is not positive", c.PutTimeout)
	return errors.Join(errs...)
}
