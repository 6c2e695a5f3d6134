package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
)

// Config is what New needs. Auth and Limits are the sections of the
// configuration file; the rest is given by the wiring.
type Config struct {
	Auth   Auth   `yaml:"auth"`
	Limits Limits `yaml:"dashboard"`

	// Listen is the address of the HTTP server, host:port; ":0" takes any port.
	Listen string `yaml:"-"`
	// Listener is bound already; nil: New binds Listen.
	Listener net.Listener `yaml:"-"`
	// TLS is what the listener speaks; nil: none.
	TLS *tls.Config `yaml:"-"`
	// Version is the version of the product, as /api/v1/status/buildinfo has it.
	Version string `yaml:"-"`

	// History answers the HTTP API; Live answers /live.
	History metric.Querier `yaml:"-"`
	Live    metric.Querier `yaml:"-"`
	// Alerting and Hosts are what the pages show of alerts and hosts.
	Alerting Alerting             `yaml:"-"`
	Hosts    func() []metric.Host `yaml:"-"`

	// The following may be nil: their routes then answer 404, Ready is always
	// so, and Report logs.
	Counters func() any                                           `yaml:"-"` // of the counter daemon: account and names
	Status   func() any                                           `yaml:"-"`
	Running  func() ([]byte, error)                               `yaml:"-"` // the configuration as YAML, without secrets
	Sources  func() any                                           `yaml:"-"` // who sends, and the age of all hosts' data
	Retire   func(instance, job string) int                       `yaml:"-"` // takes a host out of the live view
	Fetch    func(context.Context, FetchRequest) (any, error)     `yaml:"-"`
	Render   func(context.Context, RenderRequest) ([]byte, error) `yaml:"-"`
	Flush    func(context.Context) error                          `yaml:"-"` // writes what the store buffers
	// Processes lists the n busiest processes of this host, by cpu or memory.
	Processes func(ctx context.Context, n int, by string) (any, error) `yaml:"-"`
	Metadata  func() []metric.Meta                                     `yaml:"-"`
	Write     http.Handler                                             `yaml:"-"` // remote write
	Handout   http.Handler                                             `yaml:"-"` // configurations of agents; nil: none
	OTLP      http.Handler                                             `yaml:"-"` // metrics by OTLP/HTTP
	Push      http.Handler                                             `yaml:"-"` // groups of metrics, as the Pushgateway takes them
	Orders    http.Handler                                             `yaml:"-"` // orders of event handlers, for agents
	AlertWork http.Handler                                             `yaml:"-"` // what people do about alerts
	AckPage   http.Handler                                             `yaml:"-"` // what a link in a message leads to
	Samples   storage.Queryable                                        `yaml:"-"` // what remote read reads
	Gatherer  prometheus.Gatherer                                      `yaml:"-"` // for /metrics
	Ready     func() error                                             `yaml:"-"`
	Report    func(error)                                              `yaml:"-"` // told of panics and internal errors; nil: they are logged

	CounterViews CounterViews `yaml:"-"`
	Logs         LogViews     `yaml:"-"`
	Storage      Storage      `yaml:"-"`
	Rules        RuleWork     `yaml:"-"`

	// Pages are the files of the web pages, index.html at the root.
	Pages fs.FS `yaml:"-"`

	// Now is the clock, time.Now if nil. Deadlines of connections hang on it.
	Now func() time.Time `yaml:"-"`

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Alerting is what the dashboard asks of the alert engine.
type Alerting interface {
	// Alerts lists every check, and every rule instance that is not ok.
	Alerts() []metric.Alert
	// History lists the newest lines of the history of alerts, newest first.
	History(ctx context.Context, limit int) ([]metric.AlertEvent, error)
	Rules() []metric.RuleInfo
	// Changed returns a channel that is closed at the next change of Alerts.
	Changed() <-chan struct{}
	// Events lists the newest events that others told of, newest first; Told
	// returns a channel that is closed when there are more.
	Events(ctx context.Context, sel metric.Selection) ([]metric.Event, error)
	Told() <-chan struct{}
	metric.EventSink
	metric.CheckSink
}

// FetchRequest asks for the stored rows of archives, as rrdtool fetch does.
type FetchRequest struct {
	Matchers   []*labels.Matcher
	CF         string        // AVERAGE, MIN, MAX or LAST
	Resolution time.Duration // 0: the finest
	Start, End time.Time
}

// Limits bound what clients may ask for.
type Limits struct {
	// QueryTimeout ends a query of the HTTP API.
	QueryTimeout time.Duration `yaml:"query_timeout"`
	// Queries run at once, half of them heavy ones at most; more of them wait,
	// up to QueryTimeout.
	Queries int `yaml:"queries"`
	// Connections and LiveConnections bound open connections, and those of them
	// that are websockets.
	Connections     int `yaml:"connections"`
	LiveConnections int `yaml:"live_connections"`
	// LiveExpressions bounds the distinct expressions of all websockets.
	LiveExpressions int `yaml:"live_expressions"`
	// LiveTimeout ends the evaluation of all live expressions of one second.
	LiveTimeout time.Duration `yaml:"live_timeout"`
	// EmbedFrom are the origins whose pages may show charts in frames, and
	// pictures.
	EmbedFrom []string `yaml:"embed_from"`
}

// Default returns the configuration that an empty file means.
func Default() Config {
	return Config{Limits: Limits{
		QueryTimeout:    30 * time.Second,
		Queries:         20,
		Connections:     4096,
		LiveConnections: 1000,
		LiveExpressions: 5000,
		LiveTimeout:     800 * time.Millisecond,
	}}
}

// Validate reports all that is wrong with the sections of the file.
func (c Config) Validate() error {
	return errors.Join(c.Auth.Validate(), c.Limits.Validate())
}

// Validate reports all limits that are out of range.
func (l Limits) Validate() error {
	var errs []error
	positive := func(key string, n int) {
		if n < 1 {
			errs = append(errs, fmt.Errorf("dashboard.%s: %d is not at least 1", key, n))
		}
	}
	positive("queries", l.Queries)
	positive("connections", l.Connections)
	positive("live_connections", l.LiveConnections)
	positive("live_expressions", l.LiveExpressions)
	if l.QueryTimeout < time.Second || l.QueryTimeout > 10*time.Minute {
		errs = append(errs, fmt.Errorf("dashboard.query_timeout: %s is not between 1s and 10m", l.QueryTimeout))
	}
	if l.LiveTimeout < 10*time.Millisecond || l.LiveTimeout > livePeriod {
		errs = append(errs, fmt.Errorf("dashboard.live_timeout: %s is not between 10ms and %s", l.LiveTimeout, livePeriod))
	}
	for i, origin := range l.EmbedFrom {
		if err := validOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("dashboard.embed_from[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// wired reports what the wiring must give and did not.
func (c Config) wired() error {
	var errs []error
	need := func(name string, given bool) {
		if !given {
			errs = append(errs, fmt.Errorf("dashboard: %s is missing", name))
		}
	}
	need("History", c.History != nil)
	need("Live", c.Live != nil)
	need("Alerting", c.Alerting != nil)
	need("Hosts", c.Hosts != nil)
	need("Pages", c.Pages != nil)
	need("Logger", c.Logger != nil)
	return errors.Join(errs...)
}
