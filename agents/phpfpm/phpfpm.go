package phpfpm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// maxPage bounds the page, which has some 500 bytes.
const maxPage = 64 << 10

// Config is one pool of PHP-FPM.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is the pool's, host:port or the path of a unix socket; empty:
	// /run/php/php-fpm.sock.
	Address string `yaml:"address"`
	// StatusPath is the pool's pm.status_path; empty: /status.
	StatusPath string `yaml:"status_path"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "/run/php/php-fpm.sock"
	}
	if c.StatusPath == "" {
		c.StatusPath = "/status"
	}
	return c
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Options.Validate(), agents.CheckAddress("address", c.Address)}
	if !strings.HasPrefix(c.StatusPath, "/") || len(c.StatusPath) > 1000 {
		errs = append(errs, fmt.Errorf("status_path: %q does not begin with / or is over 1000 bytes", c.StatusPath))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("php-fpm", c.Address, host)}, err
}

// Agent asks one pool.
type Agent struct {
	cfg   Config
	names batch.Names
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "phpfpm" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	body, err := a.fetch(ctx)
	var pool string
	var values map[string]string
	if err == nil {
		pool, values, err = parse(body)
	}
	if err == nil {
		err = b.Fields(fields(), values, "pool", pool)
	}
	b.Flag("phpfpm_up", err == nil, "pool", pool)
	return b.Samples, err
}

// fetch asks for the status page as JSON.
func (a *Agent) fetch(ctx context.Context) ([]byte, error) {
	conn, err := ask.Dial(ctx, a.cfg.Address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(request([][2]string{
		{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", a.cfg.StatusPath}, {"SCRIPT_FILENAME", a.cfg.StatusPath}, {"QUERY_STRING", "json"},
	})); err != nil {
		return nil, err
	}
	return answer(conn)
}

// parse reads the page's texts and numbers by their keys.
func parse(body []byte) (pool string, values map[string]string, err error) {
	var page map[string]any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&page); err != nil {
		return "", nil, fmt.Errorf("%.100q is not the status page: %w", body, err)
	}
	pool, is := page["pool"].(string)
	if !is {
		return "", nil, fmt.Errorf("%.100q is not the status page: it names no pool", body)
	}
	values = make(map[string]string, len(page))
	for key, v := range page {
		values[key] = fmt.Sprint(v)
	}
	return pool, values, nil
}

func fields() []batch.Field {
	return []batch.Field{
		{Key: "start since", Kind: metric.Counter, Name: "phpfpm_start_since", Help: "Seconds since the pool started."},
		{Key: "accepted conn", Kind: metric.Counter, Name: "phpfpm_accepted_connections", Help: "Requests that the pool accepted."},
		{Key: "listen queue", Name: "phpfpm_listen_queue", Help: "Connections that wait to be accepted: more than none means that the pool is too small."},
		{Key: "max listen queue", Name: "phpfpm_max_listen_queue", Help: "The most connections that have waited since the start."},
		{Key: "listen queue len", Name: "phpfpm_listen_queue_length", Help: "Connections that may wait."},
		{Key: "idle processes", Name: "phpfpm_idle_processes", Help: "Processes without a request."},
		{Key: "active processes", Name: "phpfpm_active_processes", Help: "Processes that serve a request."},
		{Key: "total processes", Name: "phpfpm_total_processes", Help: "Processes, idle and active."},
		{Key: "max active processes", Name: "phpfpm_max_active_processes", Help: "The most processes that were active since the start."},
		{Key: "max children reached", Kind: metric.Counter, Name: "phpfpm_max_children_reached", Help: "Times the pool could not start another process because of pm.max_children."},
		{Key: "slow requests", Kind: metric.Counter, Name: "phpfpm_slow_requests", Help: "Requests that took longer than request_slowlog_timeout."},
	}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(batch.Meta(fields()),
		metric.Meta{Name: "phpfpm_up", Type: "gauge", Help: "Whether the pool answered with its page."})
}
