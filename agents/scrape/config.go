package scrape

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"plimsoll/agents/ask"
	"plimsoll/internal/metric"
)

// Config is all that is scraped.
type Config struct {
	Jobs []Job `yaml:"jobs"`

	// SinkFor returns the sink of a source, which is "scrape JOB".
	SinkFor    func(source string) metric.Sink `yaml:"-"`
	Registerer prometheus.Registerer           `yaml:"-"`
	Logger     *slog.Logger                    `yaml:"-"`
}

// Job is a set of targets that are scraped alike.
type Job struct {
	// Job is the label job.
	Job string `yaml:"job"`
	// Targets are host:port, or whole URLs.
	Targets []string `yaml:"targets"`
	// Files are patterns of file_sd files, JSON or YAML.
	Files []string `yaml:"files"`
	// Interval is how often a target is asked; 0: DefaultInterval. Timeout bounds
	// one answer; 0, and at most: four fifths of the interval.
	Interval time.Duration `yaml:"interval"`
	Timeout  time.Duration `yaml:"timeout"`
	// Scheme and Path make the URL of a target that is host:port; empty: http and
	// /metrics.
	Scheme string `yaml:"scheme"`
	Path   string `yaml:"path"`
	// Labels are added to every sample.
	Labels map[string]string `yaml:"labels"`
	// HonorLabels has the target's own labels win.
	HonorLabels bool `yaml:"honor_labels"`
	// MaxSamples and MaxBodyBytes bound an answer; 0: DefaultSamples and
	// DefaultBodyBytes.
	MaxSamples   int   `yaml:"max_samples"`
	MaxBodyBytes int64 `yaml:"max_body_bytes"`

	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	CAFile       string `yaml:"ca_file"`
}

// What holds for a job that says nothing.
const (
	DefaultInterval  = 15 * time.Second
	DefaultSamples   = 50_000
	DefaultBodyBytes = 32 << 20
	maxTargets       = 10_000 // of a job
)

func (j Job) withDefaults() Job {
	fill(&j.Interval, DefaultInterval)
	fill(&j.Scheme, "http")
	fill(&j.Path, "/metrics")
	fill(&j.MaxSamples, DefaultSamples)
	fill(&j.MaxBodyBytes, DefaultBodyBytes)
	longest := j.Interval * 4 / 5
	fill(&j.Timeout, longest)
	j.Timeout = min(j.Timeout, longest)
	return j
}

func fill[T comparable](v *T, with T) {
	var zero T
	if *v == zero {
		*v = with
	}
}

// Validate reports all that is wrong, each with its key.
func (c Config) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for i, j := range c.Jobs {
		for _, err := range j.withDefaults().problems() {
			errs = append(errs, fmt.Errorf("jobs[%d].%w", i, err))
		}
		if seen[j.Job] {
			errs = append(errs, fmt.Errorf("jobs[%d].job: %q is that of another one too", i, j.Job))
		}
		seen[j.Job] = true
	}
	return errors.Join(errs...)
}

func (j Job) problems() (errs []error) {
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(j.Job == "", "job: is empty")
	bad(len(j.Targets)+len(j.Files) == 0, "targets: neither targets nor files are named")
	bad(j.Interval < time.Second || j.Interval%time.Second != 0, "interval: %v is not a whole number of seconds, 1s at least", j.Interval)
	bad(j.Timeout < 0, "timeout: %v is negative", j.Timeout)
	bad(j.Scheme != "http" && j.Scheme != "https", "scheme: %q is not http or https", j.Scheme)
	bad(!strings.HasPrefix(j.Path, "/"), "path: %q does not begin with /", j.Path)
	bad(j.MaxSamples < 1, "max_samples: %d is less than 1", j.MaxSamples)
	bad(j.MaxBodyBytes < 1, "max_body_bytes: %d is less than 1", j.MaxBodyBytes)
	for name := range j.Labels {
		bad(!added(name), "labels: %q is no label that can be added", name)
	}
	for i, t := range j.Targets {
		if err := j.page(t).Validate(); err != nil {
			bad(true, "targets[%d]: %q: %w", i, t, err)
		}
	}
	return errs
}

// added says whether a configuration may add the label.
func added(name string) bool {
	return model.LegacyValidation.IsValidLabelName(name) && !strings.HasPrefix(name, "__")
}

// page says where a target is asked.
func (j Job) page(target string) ask.Page {
	p := ask.Page{URL: target, Username: j.Username, PasswordFile: j.PasswordFile, TokenFile: j.TokenFile, CAFile: j.CAFile}
	if !strings.Contains(target, "://") {
		p.URL = (&url.URL{Scheme: j.Scheme, Host: target, Path: j.Path}).String()
	}
	return p
}
