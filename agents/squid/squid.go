package squid

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// maxPage bounds a page, which has some 5 kB.
const maxPage = 1 << 20

// Config is one Squid.
type Config struct {
	agents.Options `yaml:",inline"`
	// Page is where the cache manager's pages are; its URL is
	// http://127.0.0.1:3128/squid-internal-mgr by default. Squid takes the
	// password of cachemgr_passwd with any username.
	ask.Page `yaml:",inline"`
}

func (c Config) withDefaults() Config {
	if c.URL == "" {
		c.URL = "http://127.0.0.1:3128/squid-internal-mgr"
	}
	return c
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	return errors.Join(c.Options.Validate(), c.withDefaults().Page.Validate())
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("squid", c.Address(), host)}, err
}

// Agent asks one Squid.
type Agent struct {
	pages *ask.Reader
	names batch.Names
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{pages: ask.NewReader(c.withDefaults().Page)}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "squid" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	err := a.page(ctx, b, "counters", parseKeys, counters())
	b.Flag("squid_up", len(b.Samples) > 0)
	if len(b.Samples) == 1 { // it is away: to ask further costs time only
		return b.Samples, err
	}
	err = errors.Join(err,
		a.page(ctx, b, "5min", parseKeys, medians()),
		a.page(ctx, b, "info", parseInfo, facts()),
	)
	return b.Samples, err
}

// page reads one page and tells of it.
func (a *Agent) page(ctx context.Context, b *batch.Batch, name string, parse func(string) map[string]string, fields []batch.Field) error {
	text, err := a.pages.Get(ctx, "/"+name, maxPage)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	before := len(b.Samples)
	err = b.Fields(fields, parse(string(text)))
	if err == nil && len(b.Samples) == before {
		err = fmt.Errorf("%.100q is not this page", text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// parseKeys reads lines "key = number", behind which a unit may stand.
func parseKeys(page string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(page) {
		if key, value, is := strings.Cut(strings.TrimSpace(line), " = "); is {
			out[key] = first(value)
		}
	}
	return out
}

// parseInfo reads lines "text: number unit".
func parseInfo(page string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(page) {
		if key, value, is := strings.Cut(strings.TrimSpace(line), ":"); is {
			out[key] = first(value)
		}
	}
	return out
}

// first returns the first word of a value, without a unit behind a slash or a
// percent sign.
func first(value string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	word, _, _ = strings.Cut(word, "/")
	return strings.TrimSuffix(word, "%")
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(batch.Meta(counters(), medians(), facts()),
		metric.Meta{Name: "squid_up", Type: "gauge", Help: "Whether Squid told its counters."})
}
