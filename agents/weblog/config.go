package weblog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/class"
	"plimsoll/agents/weblog/count"
	"plimsoll/agents/weblog/syslog"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Config configures an Analyzer.
type Config struct {
	// Instance and Job are labels of all series; of lines that come by syslog the
	// instance is the host that the message names, or its sender, if it is not this
	// host.
	Instance string            `yaml:"instance"`
	Job      string            `yaml:"job"`
	Labels   map[string]string `yaml:"labels"`

	// Interval is what counts and timings are made of; it divides a minute.
	Interval time.Duration `yaml:"interval"`
	// Lateness is how long after its end an interval waits for lines.
	Lateness time.Duration `yaml:"lateness"`

	Files   []File          `yaml:"files"`
	Syslog  []syslog.Config `yaml:"syslog"`
	Classes []class.Rule    `yaml:"classes"`

	// MaxServers, MaxVHosts of each and MaxClasses of each of those are told apart.
	MaxServers int `yaml:"max_servers"`
	MaxVHosts  int `yaml:"max_vhosts"`
	MaxClasses int `yaml:"max_classes"`
	// MaxLine bounds a line, in bytes.
	MaxLine int `yaml:"max_line_bytes"`
	// Queue bounds the lines of syslog that wait.
	Queue int `yaml:"queue_lines"`

	// Dir holds the state; empty: none is kept, and a restart begins anew.
	Dir string `yaml:"-"`
	// SinkFor returns where the samples of a server go.
	SinkFor func(source string) metric.Sink `yaml:"-"`
	// Imported returns up to when access logs were imported into the store, zero
	// for never; lines of that time, of files read from their start, are skipped.
	// nil: never.
	Imported func(context.Context) (time.Time, error) `yaml:"-"`

	FS         durable.FS            `yaml:"-"` // nil: the disk
	Now        func() time.Time      `yaml:"-"` // nil: time.Now
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// File is a log, or several by a pattern.
type File struct {
	// Path is a path, or a pattern as of filepath.Match.
	Path string `yaml:"path"`
	// Format is as package accesslog names it, or auto.
	Format string `yaml:"format"`
	// Zone is that of times without one: a name as Europe/Berlin; UTC by default.
	Zone string `yaml:"zone"`
	// VHost is for logs that do not tell it.
	VHost string `yaml:"vhost"`
	// Instance goes over Config.Instance.
	Instance string `yaml:"instance"`
	// From is what is read when the pattern is first looked at: end, the lines that
	// come; start, all; or an instant as 2026-11-21T00:00:00Z, what ended then and
	// later.
	From string `yaml:"from"`
}

const (
	auto      = "auto"
	fromEnd   = "end"
	fromStart = "start"
)

// UnmarshalYAML takes the path alone, or a mapping.
func (f *File) UnmarshalYAML(decode func(any) error) error {
	if decode(&f.Path) == nil {
		return nil
	}
	type mapping File // without this method
	var m mapping
	if err := decode(&m); err != nil {
		return err
	}
	*f = File(m)
	return nil
}

// since returns the instant that From tells, zero for start.
func (f File) since() (at time.Time, end bool, err error) {
	switch f.From {
	case "", fromEnd:
		return time.Time{}, true, nil
	case fromStart:
		return time.Time{}, false, nil
	}
	at, err = time.Parse(time.RFC3339, f.From)
	if err != nil {
		return at, false, fmt.Errorf("%q is not end, start or an instant as 2026-11-21T00:00:00Z", f.From)
	}
	return at, false, nil
}

// Default returns a configuration that reads no file, and receives on loopback
// what plimsoll-agent log, or a server of this host, sends.
func Default() Config {
	d := count.Default()
	local := syslog.Default("127.0.0.1:8514")
	local.Optional = true
	return Config{
		Job: "web", Interval: 10 * time.Second, Lateness: 5 * time.Second,
		Syslog:     []syslog.Config{local},
		MaxServers: d.MaxServers, MaxVHosts: d.MaxVHosts, MaxClasses: d.MaxClasses,
		MaxLine: 64 << 10, Queue: 20_000,
	}
}

// Validate reports all that is wrong, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Instance == "", "instance: must not be empty")
	bad(c.Job == "", "job: must not be empty")
	bad(c.Interval < time.Second || time.Minute%c.Interval != 0, "interval: %v is not at least 1s and a divisor of a minute", c.Interval)
	bad(c.Lateness < 0 || c.Lateness > time.Hour, "lateness: %v is not in 0s..1h", c.Lateness)
	bad(c.MaxServers < 1, "max_servers: %d is less than 1", c.MaxServers)
	bad(c.MaxVHosts < 1, "max_vhosts: %d is less than 1", c.MaxVHosts)
	bad(c.MaxClasses < 1, "max_classes: %d is less than 1", c.MaxClasses)
	bad(c.MaxLine < 256 || c.MaxLine > 128<<10, "max_line_bytes: %d is not in 256..131072", c.MaxLine)
	bad(c.Queue < 1, "queue_lines: %d is less than 1", c.Queue)
	for name := range c.Labels {
		bad(!labelName(name), "labels.%s: is no name of a label, or one that is set already", name)
	}
	_, err := class.New(c.Classes)
	errs = append(errs, err)
	for i, f := range c.Files {
		errs = append(errs, f.validate(fmt.Sprintf("files[%d].", i))...)
	}
	for i, s := range c.Syslog {
		key := fmt.Sprintf("syslog[%d].", i)
		errs = append(errs, under(key, s.Validate())...)
		bad(formatError(s.Format) != nil, "%sformat: %w", key, formatError(s.Format))
	}
	return errors.Join(errs...)
}

// under puts a key before each of the problems that were joined.
func under(key string, err error) (errs []error) {
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		return nil
	}
	for _, e := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s%w", key, e))
	}
	return errs
}

func (f File) validate(key string) (errs []error) {
	add := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", key, name, err))
		}
	}
	_, err := filepath.Match(f.Path, "x")
	if f.Path == "" {
		err = errors.New("is missing")
	}
	add("path", err)
	add("format", formatError(f.Format))
	_, err = time.LoadLocation(f.Zone)
	add("zone", err)
	_, _, err = f.since()
	add("from", err)
	return errs
}

func formatError(format string) error {
	if format == "" || format == auto {
		return nil
	}
	_, err := accesslog.New(format, nil)
	return err
}

func labelName(s string) bool {
	switch s {
	case "", "instance", "job", "vhost", "class", "code", "method", "quantile":
		return false
	}
	ok := strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	return ok && (s[0] < '0' || s[0] > '9') && !strings.HasPrefix(s, "__")
}
