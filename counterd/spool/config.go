package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"plimsoll/internal/durable"
)

// Config says where a spool is kept, and its limits.
type Config struct {
	Dir string `yaml:"dir"`
	// MaxBytes bounds what the segments take on disk; beyond it the oldest go.
	// The names of one second must fit into half of it.
	MaxBytes int64 `yaml:"max_bytes"`
	// SyncInterval is how much a crash of the machine may cost; 0: no sync
	// before Close. A crash of the process costs nothing that was appended.
	SyncInterval time.Duration `yaml:"sync_interval"`

	FS     durable.FS   `yaml:"-"` // nil: the system's
	Logger *slog.Logger `yaml:"-"` // nil: none
}

const (
	minBytes   = 64 << 10
	frameBytes = 8 // of internal/durable, for each record
	// A segment is ended at the segmentShare-th part of MaxBytes, and a record
	// takes at most the recordShare-th: so dropping all other segments always
	// makes room for one more record.
	segmentShare = 8
	recordShare  = 2
)

// Default returns the settings for one daemon; Dir is to be set.
func Default() Config { return Config{MaxBytes: 256 << 20} }

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("spool.dir: is empty"))
	}
	if c.MaxBytes < minBytes {
		errs = append(errs, fmt.Errorf("spool.max_bytes: %d is less than %d", c.MaxBytes, minBytes))
	}
	if c.SyncInterval < 0 {
		errs = append(errs, fmt.Errorf("spool.sync_interval: %s is negative", c.SyncInterval))
	}
	return errors.Join(errs...)
}
