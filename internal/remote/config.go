package remote

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/durable"
)

// The flavours of engines: how raw samples are read back from them.
const (
	Prometheus      = "prometheus"      // remote read; also Mimir, Thanos, Cortex
	VictoriaMetrics = "victoriametrics" // the export API
)

// Config says where the engine is, and the limits of the way to it.
type Config struct {
	// Write is where remote write goes, in full; without a path /api/v1/write is
	// meant. Read is what stands before /api/v1/…
	Write   string `yaml:"write"`
	Read    string `yaml:"read"`
	Flavour string `yaml:"flavour"`
	// PushDown lets the engine itself answer the range queries of dashboards.
	PushDown bool `yaml:"push_down"`

	Headers map[string]string `yaml:"headers"` // sent with each request
	// TokenFile holds a bearer token. It is read at each request, so that the
	// token can be changed in place.
	TokenFile string `yaml:"bearer_token_file"`
	TLS       TLS    `yaml:"tls"`

	WriteTimeout time.Duration `yaml:"write_timeout"` // of one request
	ReadTimeout  time.Duration `yaml:"read_timeout"`
	// MaxJournalBytes bounds what waits for the engine; beyond it the oldest goes.
	MaxJournalBytes   int64 `yaml:"max_journal_bytes"`
	MaxSamplesPerSend int   `yaml:"max_samples_per_send"`
	MaxSends          int   `yaml:"max_sends"` // side by side, each of its own series
	// Resend is for how long after its answer VictoriaMetrics gets a sample again
	// if a connection breaks: vminsert answers before it has passed samples on.
	// Others have what they answered.
	Resend time.Duration `yaml:"resend"`
	// MaxTailBytes bounds what is kept in memory of what the engine may not show
	// yet, so that queries see it.
	MaxTailBytes int64 `yaml:"max_tail_bytes"`
	// MaxReadSamples is how many points one selector may fetch, and MaxReads how
	// many are fetched side by side.
	MaxReadSamples int `yaml:"max_read_samples"`
	MaxReads       int `yaml:"max_reads"`

	// The settings that a store of any kind has.
	Dir          string        `yaml:"-"`
	SyncInterval time.Duration `yaml:"-"` // what a crash of the machine may cost; 0: nothing
	SegmentBytes int64         `yaml:"-"`
	FutureLimit  time.Duration `yaml:"-"`
	MaxSeries    int           `yaml:"-"`
	DrainTimeout time.Duration `yaml:"-"` // how long Run goes on sending at the end

	MinBackoff    time.Duration `yaml:"-"`
	MaxBackoff    time.Duration `yaml:"-"`
	MaxRetryAfter time.Duration `yaml:"-"` // bounds what an answer asks for

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"` // nil: none
	Now        func() time.Time      `yaml:"-"` // needed

	fs durable.FS // nil: the system's
}

// TLS says how the engine is known, and this client to it.
type TLS struct {
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

// Default returns the settings but for Write, Read and Dir, which are to be set.
func Default() Config {
	return Config{
		Flavour:      Prometheus,
		WriteTimeout: 30 * time.Second, ReadTimeout: time.Minute,
		MaxJournalBytes: 4 << 30, MaxSamplesPerSend: 2000, MaxSends: 16,
		Resend: 10 * time.Second, MaxTailBytes: 64 << 20,
		MaxReadSamples: 50_000_000, MaxReads: 8,
		SyncInterval: time.Second, SegmentBytes: 16 << 20,
		FutureLimit: 10 * time.Minute, MaxSeries: 200_000, DrainTimeout: 2500 * time.Millisecond,
		MinBackoff: 100 * time.Millisecond, MaxBackoff: 10 * time.Second, MaxRetryAfter: 5 * time.Minute,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("storage."+format, args...)) }
	for key, text := range map[string]string{"write": c.Write, "read": c.Read} {
		if u, err := url.Parse(text); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad("%s: %q is not of the form http://host:port/path", key, text)
		}
	}
	if c.Flavour != Prometheus && c.Flavour != VictoriaMetrics {
		bad("flavour: %q is neither %q nor %q", c.Flavour, Prometheus, VictoriaMetrics)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		bad("tls: cert_file and key_file go together")
	}
	for key, d := range map[string]time.Duration{"write_timeout": c.WriteTimeout, "read_timeout": c.ReadTimeout} {
		if d <= 0 {
			bad("%s: %s is not positive", key, d)
		}
	}
	if c.MaxJournalBytes < 8*minSegmentBytes {
		bad("max_journal_bytes: %d is less than %d", c.MaxJournalBytes, 8*minSegmentBytes)
	}
	for key, n := range map[string]int{
		"max_samples_per_send": c.MaxSamplesPerSend, "max_sends": c.MaxSends, "max_read_samples": c.MaxReadSamples, "max_reads": c.MaxReads,
	} {
		if n <= 0 {
			bad("%s: %d is not positive", key, n)
		}
	}
	if c.MaxSends > mostSends {
		bad("max_sends: %d is more than %d", c.MaxSends, mostSends)
	}
	if c.Resend < 0 {
		bad("resend: %s is negative", c.Resend)
	}
	if c.MaxTailBytes < 0 {
		bad("max_tail_bytes: %d is negative", c.MaxTailBytes)
	}
	return errors.Join(errs...)
}

const mostSends = 64

// resend is Resend as far as the engine needs it.
func (c Config) resend() time.Duration {
	if c.Flavour == VictoriaMetrics {
		return c.Resend
	}
	return 0
}

// sectionSpan is sectionSpan as far as the engine needs it.
func (c Config) sectionSpan() time.Duration {
	if c.Flavour == VictoriaMetrics {
		return 0
	}
	return sectionSpan
}

// minSegmentBytes keeps the journal from being all borders.
const minSegmentBytes = 64 << 10

// segmentBytes is small enough that to drop one segment is to drop a little.
func (c Config) segmentBytes() int64 {
	return max(minSegmentBytes, min(c.SegmentBytes, c.MaxJournalBytes/8))
}

// writeURL is where remote write goes.
func (c Config) writeURL() string {
	u, err := url.Parse(c.Write)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return c.Write // Validate has complained of what cannot be parsed
	}
	return u.JoinPath("api/v1/write").String()
}

// readURL is where a part of Prometheus' HTTP API is.
func (c Config) readURL(path string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(c.Read, "/"), "/api/v1/read")
	return base + "/api/v1/" + path
}
