package agents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// An Agent measures one thing: a host, a server, a device.
type Agent interface {
	// Name is short and constant; it is the value of the label agent.
	Name() string
	// Sample measures and returns samples stamped at, without the labels
	// instance and job. The caller owns the slice. Samples returned together
	// with an error are kept: they are what could be measured. Sample should
	// return when ctx ends.
	Sample(ctx context.Context, at time.Time) ([]metric.Sample, error)
}

// Config configures a Runner.
type Config struct {
	Targets []Target `yaml:"-"`
	// Interval is how often each target is asked for Sink, unless it says else.
	Interval time.Duration `yaml:"interval"`
	// Live is how often live targets are asked for LiveSink; 0 means never.
	Live time.Duration `yaml:"live"`
	// Instance and Job are added as labels to the samples of targets that have
	// none of their own.
	Instance string `yaml:"instance"`
	Job      string `yaml:"job"`
	// QueueSamples bounds the samples that wait while Sink is not available.
	QueueSamples int `yaml:"queue_samples"`
	// BatchSamples bounds what is put at once.
	BatchSamples int `yaml:"batch_samples"`
	// DrainTimeout bounds the last put after the context of Run has ended.
	DrainTimeout time.Duration `yaml:"drain_timeout"`

	Sink       metric.Sink           `yaml:"-"`
	LiveSink   metric.Sink           `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Default returns a configuration that needs only Instance, Targets and Sink.
// Its queue holds an hour of a host's samples at the default interval.
func Default() Config {
	return Config{
		Interval:     10 * time.Second,
		Job:          "node",
		QueueSamples: 120_000,
		BatchSamples: 5_000,
		DrainTimeout: 5 * time.Second,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Interval < time.Second || c.Interval%time.Millisecond != 0 {
		bad("interval: %v is less than 1s or not in whole milliseconds", c.Interval)
	}
	if c.Live < 0 || (c.Live > 0 && (c.Live < 100*time.Millisecond || c.Interval%c.Live != 0)) {
		bad("live: %v must be 0, or at least 100ms and a divisor of the interval %v", c.Live, c.Interval)
	}
	if c.Instance == "" {
		bad("instance: must not be empty")
	}
	if c.Job == "" {
		bad("job: must not be empty")
	}
	if c.BatchSamples < 1 {
		bad("batch_samples: %d is less than 1", c.BatchSamples)
	}
	if c.QueueSamples < c.BatchSamples {
		bad("queue_samples: %d is less than batch_samples", c.QueueSamples)
	}
	for _, t := range c.Targets {
		if err := t.Validate(); err != nil {
			bad("agent %s of %s: %w", t.Name(), t.Instance, err)
		}
	}
	if c.DrainTimeout <= 0 {
		bad("drain_timeout: %v is not positive", c.DrainTimeout)
	}
	return errors.Join(errs...)
}

// step is the longest time of which every interval is a multiple.
func (c Config) step() time.Duration {
	step := c.Interval
	for _, t := range c.Targets {
		step = divisor(step, t.Interval)
	}
	return divisor(step, c.Live)
}

// divisor returns the greatest common divisor; that of a and 0 is a.
func divisor(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
