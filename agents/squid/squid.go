package squid

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/agents/page"
	"plimsoll/internal/metric"
)

// maxPage bounds a page, which has some 5 kB.
const maxPage = 1 << 20

// Config is one Squid. Its page is where the cache manager's pages are; Squid
// takes the password of cachemgr_passwd with any username.
type Config struct {
	page.Config `yaml:",inline"`
}

func kind() page.Kind {
	return page.Kind{Name: "squid", Job: "squid", URL: "http://127.0.0.1:3128/squid-internal-mgr", Read: read}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error { return kind().Validate(c.Config) }

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) { return kind().Target(c.Config, host) }

// read reads the pages and tells of them.
func read(ctx context.Context, pages *ask.Reader, b *batch.Batch) error {
	err := readPage(ctx, pages, b, "counters", parseKeys, counters())
	b.Flag("squid_up", len(b.Samples) > 0)
	if len(b.Samples) == 1 { // it is away: to ask further costs time only
		return err
	}
	return errors.Join(err,
		readPage(ctx, pages, b, "5min", parseKeys, medians()),
		readPage(ctx, pages, b, "info", parseInfo, facts()),
	)
}

// readPage reads one page and tells of it.
func readPage(ctx context.Context, pages *ask.Reader, b *batch.Batch, name string, parse func(string) map[string]string, fields []batch.Field) error {
	text, err := pages.Get(ctx, "/"+name, maxPage)
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
