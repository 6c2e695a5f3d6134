package counterd

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/counterd/admin"
	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/counterd/mapping"
	"plimsoll/counterd/spool"
	"plimsoll/internal/metric"
)

// Config says where to listen, where the samples go, and the limits.
type Config struct {
	// Listen holds the addresses. The first one is what Addr returns.
	Listen []listen.Config `yaml:"listen"`
	// Flush is the interval of the samples to Sink, a multiple of Live.
	Flush time.Duration `yaml:"-"`
	// Live is the interval of the samples to LiveSink.
	Live time.Duration `yaml:"live"`
	// IdleExpiry is how long a series lives without a line.
	IdleExpiry time.Duration `yaml:"idle_expiry"`
	// Expiry overrides IdleExpiry by type.
	Expiry Expiry `yaml:"expiry"`
	// MaxSeries bounds the series of all types together, the others those whose
	// first line came from one address, or whose raw names have one first
	// component. What is over a limit is counted under __other__.
	MaxSeries          int `yaml:"max_series"`
	MaxSeriesPerSource int `yaml:"max_series_per_source"`
	MaxSeriesPerPrefix int `yaml:"max_series_per_prefix"`
	// MaxNameBytes bounds a name, MaxTagBytes all tags of a line.
	MaxNameBytes int `yaml:"max_name_bytes"`
	MaxTagBytes  int `yaml:"max_tag_bytes"`
	// MaxSetMembers bounds the different strings of a set in one second.
	MaxSetMembers int `yaml:"max_set_members"`
	// MaxPending bounds the samples that wait for a Sink that fails.
	MaxPending int `yaml:"max_pending"`
	// MaxTimestampAge is how old the time may be that a line tells.
	MaxTimestampAge time.Duration `yaml:"max_timestamp_age"`
	// PutTimeout is the deadline of each call of a Sink, and of all calls together
	// that deliver what is left at the end of Run.
	PutTimeout time.Duration `yaml:"put_timeout"`
	// MappingFile holds mapping rules in the format of statsd_exporter.
	MappingFile string `yaml:"mapping_file"`
	// Compat asks for outputs in the way of other daemons.
	Compat []CompatRule `yaml:"compat"`
	// Admin is the port that answers etsy's admin words; admin.New makes it.
	Admin admin.Config `yaml:"admin"`

	// Sink gets the samples of each flush, LiveSink those of each second; either
	// may be nil. LiveSink must not keep the sketches after Put returned.
	Sink     metric.Sink `yaml:"-"`
	LiveSink metric.Sink `yaml:"-"`
	// Events and Checks get what DogStatsD clients send besides metrics; without
	// them such lines are refused.
	Events metric.EventSink `yaml:"-"`
	Checks metric.CheckSink `yaml:"-"`
	// Spool keeps the open interval over a crash; nil: nothing does.
	Spool *spool.Spool `yaml:"-"`
	// Hold makes Run read and count, but send nothing, until Resume.
	Hold bool `yaml:"-"`
	// First, unless it is empty, is listened on before those of Listen, of which
	// one may be the same.
	First listen.Config `yaml:"-"`
	// Listeners are read besides those of Listen. Run closes them.
	Listeners []listen.Listener `yaml:"-"`
	// Inherited are the sockets of a process before, by address as in Listen.
	Inherited map[string][]Inherited `yaml:"-"`
	// Mapper takes the place of MappingFile.
	Mapper *mapping.Mapper `yaml:"-"`

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Expiry is the idle expiry by type; zero means Config.IdleExpiry.
type Expiry struct {
	Counters time.Duration `yaml:"counters"`
	Timings  time.Duration `yaml:"timings"`
	Gauges   time.Duration `yaml:"gauges"`
	Sets     time.Duration `yaml:"sets"`
}

// Default returns the configuration that needs no file.
func Default() Config {
	return Config{
		Listen:             []listen.Config{listen.Default("127.0.0.1:8125")},
		Flush:              10 * time.Second,
		Live:               time.Second,
		IdleExpiry:         time.Hour,
		MaxSeries:          200_000,
		MaxSeriesPerSource: 150_000,
		MaxSeriesPerPrefix: 150_000,
		MaxNameBytes:       250,
		MaxTagBytes:        1000,
		MaxSetMembers:      100_000,
		MaxPending:         1_000_000,
		MaxTimestampAge:    time.Hour,
		PutTimeout:         4 * time.Second, // what is left at the end has twice that: for a call that goes on, then for all
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
	bad(len(c.addresses())+len(c.Listeners) == 0, "listen: name at least one address, such as 127.0.0.1:8125")
	readers := len(c.Listeners)
	for i, l := range c.Listen {
		if err := l.Validate(); err != nil {
			errs = append(errs, under(fmt.Sprintf("listen[%d].", i), err))
		}
		readers += max(1, l.Readers)
	}
	bad(readers > maxShards, "listen: %d sockets are more than %d", readers, maxShards)
	bad(c.Live < 100*time.Millisecond || c.Live%time.Millisecond != 0,
		"live: %v is less than 100ms or not whole milliseconds", c.Live)
	bad(c.Flush < c.Live || c.Live > 0 && c.Flush%c.Live != 0, "flush: %v is not a multiple of live, %v", c.Flush, c.Live)
	bad(c.IdleExpiry < c.Flush, "idle_expiry: %v is less than flush, %v", c.IdleExpiry, c.Flush)
	for name, d := range c.Expiry.byType() {
		bad(d != 0 && d < c.Flush, "expiry.%ss: %v is less than flush, %v", name, d, c.Flush)
	}
	bad(c.MaxSeries < 1 || c.MaxSeries > maxRecords/2, "max_series: %d is not in 1..%d", c.MaxSeries, maxRecords/2)
	bad(c.MaxSeriesPerSource < 1, "max_series_per_source: %d is less than 1", c.MaxSeriesPerSource)
	bad(c.MaxSeriesPerPrefix < 1, "max_series_per_prefix: %d is less than 1", c.MaxSeriesPerPrefix)
	bad(c.MaxNameBytes < 1, "max_name_bytes: %d is less than 1", c.MaxNameBytes)
	bad(c.MaxTagBytes < 0, "max_tag_bytes: %d is negative", c.MaxTagBytes)
	bad(c.MaxSetMembers < 1, "max_set_members: %d is less than 1", c.MaxSetMembers)
	bad(c.MaxPending < 1, "max_pending: %d is less than 1", c.MaxPending)
	bad(c.MaxTimestampAge < 0, "max_timestamp_age: %v is negative", c.MaxTimestampAge)
	bad(c.PutTimeout <= 0, "put_timeout: %v is not positive", c.PutTimeout)
	if err := c.Admin.Validate(); err != nil {
		errs = append(errs, under("admin.", err))
	}
	for i, r := range c.Compat {
		if err := r.validate(); err != nil {
			errs = append(errs, fmt.Errorf("compat[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// idle returns the idle expiry of each kind, in milliseconds.
func (c Config) idle() (out [line.Kinds]int64) {
	own := c.Expiry.byType()
	for k := range out {
		out[k] = cmp.Or(own[typeName(line.Kind(k))], c.IdleExpiry).Milliseconds()
	}
	return out
}

// addresses are those of First and Listen, each once.
func (c Config) addresses() []listen.Config {
	var out []listen.Config
	if c.First.Address != "" {
		out = append(out, c.First)
	}
	for _, l := range c.Listen {
		if l.Address != c.First.Address {
			out = append(out, l)
		}
	}
	return out
}

// under puts the path of a part before each of its problems.
func under(path string, err error) error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s%w", path, err)
	}
	var errs []error
	for _, e := range all.Unwrap() {
		errs = append(errs, under(path, e))
	}
	return errors.Join(errs...)
}

// CheckFiles reads what c names, as New does: the mapping rules, and the secrets
// of senders that sign.
func (c Config) CheckFiles() error {
	var errs []error
	if c.MappingFile != "" {
		if _, err := mapping.Load(c.MappingFile); err != nil {
			errs = append(errs, fmt.Errorf("mapping_file: %w", err))
		}
	}
	for i, l := range c.Listen {
		for n, k := range l.Keys {
			if _, err := k.Load(); err != nil {
				errs = append(errs, fmt.Errorf("listen[%d].keys[%d]: %w", i, n, err))
			}
		}
	}
	return errors.Join(errs...)
}

// byType has the types by typeName.
func (e Expiry) byType() map[string]time.Duration {
	return map[string]time.Duration{"counter": e.Counters, "timing": e.Timings, "gauge": e.Gauges, "set": e.Sets}
}
