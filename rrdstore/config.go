package rrdstore

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/durable"
	"plimsoll/rrdstore/foreign"
)

// Config says where a store is kept, at what resolutions, and its limits.
type Config struct {
	Dir string `yaml:"dir"`
	// SyncInterval is how much a crash of the machine may cost; 0: nothing,
	// each batch is synced. A crash of the process never costs anything.
	SyncInterval time.Duration `yaml:"sync_interval"`
	// FlushInterval is how often an archive is updated; CheckpointInterval how
	// often the journal's past is folded into one file.
	FlushInterval      time.Duration `yaml:"flush_interval"`
	CheckpointInterval time.Duration `yaml:"checkpoint_interval"`

	Step time.Duration `yaml:"step"` // of the finest tier
	// Heartbeat is the silence after which a series' value is unknown.
	Heartbeat time.Duration `yaml:"heartbeat"`
	Tiers     []Tier        `yaml:"tiers"`
	// Retention gives series another class than the standard one, which is made
	// of Step, Tiers and Heartbeat. Classes are those that can be given beside
	// lean and long, or in their place.
	Retention []Rule           `yaml:"retention"`
	Classes   map[string]Class `yaml:"classes"`
	// CloseGrace is how long after its end an interval of a silent timing stays
	// open for samples that come late.
	CloseGrace time.Duration `yaml:"close_grace"`

	// Quotas bound the series of single senders, as MaxSeries does those of all.
	Quotas []Quota `yaml:"quotas"`

	// RetireAfter is the silence after which a series leaves the memory; 0: none
	// does. Its files are kept below retired/ and come back with its next sample.
	// RemoveAfter is the silence after which they are removed, once they were told
	// of; 0: never. RetireInterval is how often silent series are looked for. The
	// first time comes so long after the start: senders need a moment to come back.
	RetireAfter    time.Duration `yaml:"retire_after"`
	RemoveAfter    time.Duration `yaml:"remove_after"`
	RetireInterval time.Duration `yaml:"retire_interval"`

	FutureLimit time.Duration `yaml:"future_limit"` // how far ahead of the clock a sample may be
	MaxSeries   int           `yaml:"max_series"`
	// MaxBufferedBytes is the memory of points that wait for their archives:
	// above it all archives are updated, above its double samples are refused.
	MaxBufferedBytes int   `yaml:"max_buffered_bytes"`
	MaxPerArchive    int   `yaml:"max_per_archive"` // points that wait for an archive that cannot be written
	MaxOpenFiles     int   `yaml:"max_open_files"`
	CacheBytes       int64 `yaml:"cache_bytes"` // memory for archives that stay open, and for rows read of them; 0: none
	SegmentBytes     int64 `yaml:"segment_bytes"`
	// ReserveBytes of the disk are kept for the journal and for alerts, for when
	// all else of it is full; 0: none.
	ReserveBytes int64 `yaml:"reserve_bytes"`

	// Import names trees of other programs' files that are read beside the
	// archives, and ImportRefresh how often new files are looked for there.
	Import        []foreign.Tree `yaml:"import"`
	ImportRefresh time.Duration  `yaml:"import_refresh"`

	// DrainTimeout is how long archives are updated at the end: what is not
	// done by then stays in the journal. 0: 2.5 s.
	DrainTimeout time.Duration `yaml:"-"`

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
	Now        func() time.Time      `yaml:"-"` // nil: the system's clock

	fs    durable.FS   // nil: the system's
	files archiveFiles // nil: rrdfile's
}

const drainTimeout = 2500 * time.Millisecond

// Default returns the settings for a single machine; Dir is to be set.
func Default() Config {
	return Config{
		Dir:                "data",
		SyncInterval:       time.Second,
		FlushInterval:      5 * time.Minute,
		CheckpointInterval: 5 * time.Minute,
		Step:               10 * time.Second,
		Heartbeat:          2 * time.Minute,
		Tiers:              DefaultTiers(),
		CloseGrace:         time.Minute,
		RetireAfter:        400 * day,
		RetireInterval:     time.Hour,
		FutureLimit:        10 * time.Minute,
		MaxSeries:          200_000,
		MaxBufferedBytes:   256 << 20,
		MaxPerArchive:      8640,
		MaxOpenFiles:       16_384,
		CacheBytes:         32 << 20,
		SegmentBytes:       16 << 20,
		ReserveBytes:       32 << 20,
		ImportRefresh:      time.Minute,
		DrainTimeout:       drainTimeout,
	}
}

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("storage."+format, args...)) }
	if c.Dir == "" {
		bad("dir: is empty")
	}
	if c.SyncInterval < 0 {
		bad("sync_interval: %s is negative", c.SyncInterval)
	}
	if c.ReserveBytes < 0 {
		bad("reserve_bytes: %d is negative", c.ReserveBytes)
	}
	if c.CacheBytes < 0 {
		bad("cache_bytes: %d is negative", c.CacheBytes)
	}
	c.validateIntervals(bad)
	c.validateRetirement(bad)
	c.validateQuotas(bad)
	for _, n := range []struct {
		key   string
		value int64
	}{
		{"max_series", int64(c.MaxSeries)},
		{"max_buffered_bytes", int64(c.MaxBufferedBytes)},
		{"max_per_archive", int64(c.MaxPerArchive)},
		{"max_open_files", int64(c.MaxOpenFiles)},
		{"segment_bytes", c.SegmentBytes},
	} {
		if n.value <= 0 {
			bad("%s: %d is not positive", n.key, n.value)
		}
	}
	validateTiers("tiers", c.Tiers, bad)
	if len(c.Tiers) > 0 && c.Tiers[0].Step != c.Step {
		bad("tiers[0].step: %s is not the step %s", c.Tiers[0].Step, c.Step)
	}
	c.validateRetention(bad)
	return errors.Join(append(errs, foreign.Validate("storage.import", c.Import))...)
}

func (c Config) validateIntervals(bad func(string, ...any)) {
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"flush_interval", c.FlushInterval},
		{"checkpoint_interval", c.CheckpointInterval},
		{"step", c.Step},
		{"heartbeat", c.Heartbeat},
		{"close_grace", c.CloseGrace},
		{"future_limit", c.FutureLimit},
		{"import_refresh", c.ImportRefresh},
		{"retire_interval", c.RetireInterval},
	} {
		if d.value < time.Second || d.value > math.MaxInt32*time.Second {
			bad("%s: %s is not at least 1s", d.key, d.value)
		}
	}
	if c.Step%time.Second != 0 {
		bad("step: %s is not a whole number of seconds", c.Step)
	}
	if c.Heartbeat < c.Step {
		bad("heartbeat: %s is shorter than the step %s", c.Heartbeat, c.Step)
	}
}

// leastSilence is the shortest silence that a series may be retired for. A timing
// stays for as long as one of its intervals is open, so until the day ends.
const leastSilence = time.Hour

func (c Config) validateRetirement(bad func(string, ...any)) {
	if c.RetireAfter != 0 && c.RetireAfter < leastSilence {
		bad("retire_after: %s is neither 0s nor at least %s", c.RetireAfter, leastSilence)
	}
	switch {
	case c.RemoveAfter == 0:
	case c.RemoveAfter < 0:
		bad("remove_after: %s is negative", c.RemoveAfter)
	case c.RetireAfter == 0:
		bad("remove_after: no series is retired, as storage.retire_after is 0s")
	case c.RemoveAfter < c.RetireAfter:
		bad("remove_after: %s is shorter than storage.retire_after, %s", c.RemoveAfter, c.RetireAfter)
	}
}
