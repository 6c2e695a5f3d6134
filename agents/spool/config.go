package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
)

// Config configures a Spool.
type Config struct {
	// MaxBytes bounds the spool on disk; when it is full the oldest samples go.
	MaxBytes int64 `yaml:"max_bytes"`
	// SyncInterval is what a crash of the machine may cost; 0: nothing. A crash of
	// the process costs nothing.
	SyncInterval time.Duration `yaml:"sync_interval"`
	// BatchSamples bounds what is sent at once.
	BatchSamples int `yaml:"batch_samples"`

	// DrainTimeout bounds what is still sent at the end.
	DrainTimeout time.Duration `yaml:"drain_timeout"`

	// Instance is whose samples these are: another's spool, as in a copy of a
	// machine, goes on under another stream.
	Instance string `yaml:"-"`
	// Dir is the spool's own directory.
	Dir string `yaml:"-"`
	// Next is where samples go.
	Next Sender `yaml:"-"`

	Now        func() time.Time      `yaml:"-"` // nil: the clock
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`

	fs durable.FS // nil: the disk
}

// A Sender sends a batch until it is answered for good, or ctx ends. The error
// is nil, a *metric.RefusedError, or that of ctx.
type Sender interface {
	Send(ctx context.Context, b remote.Batch) error
}

// minBytes is the least spool: that of tests.
const minBytes = 64 << 10

// Default returns a configuration that needs only Dir and Next. A host's samples
// each ten seconds take about 30 kB.
func Default() Config {
	return Config{MaxBytes: 256 << 20, SyncInterval: time.Second, BatchSamples: 5_000, DrainTimeout: 3 * time.Second}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.MaxBytes < minBytes, "max_bytes: %d is less than %d", c.MaxBytes, minBytes)
	bad(c.SyncInterval < 0, "sync_interval: %v is negative", c.SyncInterval)
	bad(c.DrainTimeout < 0, "drain_timeout: %v is negative", c.DrainTimeout)
	bad(c.BatchSamples < 1, "batch_samples: %d is less than 1", c.BatchSamples)
	return errors.Join(errs...)
}

// segmentBytes is the size of a segment: small against the spool, because the
// oldest segment goes as a whole when that is full.
func (c Config) segmentBytes() int64 { return min(1<<20, c.MaxBytes/8) }
