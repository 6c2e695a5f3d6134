package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/agents/page"
)

const (
	// maxAnswer bounds one answer: a queue has some 1.5 kB.
	maxAnswer = 8 << 20
	// maxQueues bounds Config.Queues: each is some 20 series.
	maxQueues = 5000
	// pageQueues is the greatest page that the API has.
	pageQueues = 500
)

// Config is one RabbitMQ; its URL is that of the management API.
type Config struct {
	page.Config `yaml:",inline"`
	// Queues is how many queues are told at most; 0: 500, -1: none.
	Queues int `yaml:"queues"`
	// QueueNames is a regular expression that the server chooses queues by; empty:
	// all.
	QueueNames string `yaml:"queue_names"`
}

func (c Config) kind() page.Kind {
	r := reader{queues: c.Queues, names: c.QueueNames}
	if r.queues == 0 {
		r.queues = pageQueues
	}
	return page.Kind{Name: "rabbitmq", Job: "rabbitmq", URL: "http://127.0.0.1:15672", Read: r.read}
}

// Validate reports all that is wrong with the configuration. It reads no files.
func (c Config) Validate() error {
	errs := []error{c.kind().Validate(c.Config)}
	if c.Queues < -1 || c.Queues > maxQueues {
		errs = append(errs, fmt.Errorf("queues: %d is not between -1 and %d", c.Queues, maxQueues))
	}
	if _, err := regexp.Compile(c.QueueNames); err != nil {
		errs = append(errs, fmt.Errorf("queue_names: %w", err))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	if err := c.Validate(); err != nil {
		return agents.Target{}, err
	}
	return c.kind().Target(c.Config, host)
}

// reader reads the API and tells of it.
type reader struct {
	queues int // at most; none if it is negative
	names  string
}

func (r reader) read(ctx context.Context, pages *ask.Reader, b *batch.Batch) error {
	var about overview
	err := get(ctx, pages, "/api/overview", &about)
	b.Flag("rabbitmq_up", err == nil)
	if err != nil {
		return err
	}
	tellOverview(b, about)
	var nodes []map[string]any
	if err = get(ctx, pages, "/api/nodes", &nodes); err == nil {
		err = tellNodes(b, about, nodes)
	}
	return errors.Join(err, r.list(ctx, pages, b, about))
}

// get asks for a document and decodes it.
func get(ctx context.Context, pages *ask.Reader, path string, into any) error {
	body, err := pages.Get(ctx, path, maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %.100q: %w", path, body, err)
	}
	return nil
}

// part is one of the pages of a list.
type part struct {
	Items    []map[string]any `json:"items"`
	Filtered int              `json:"filtered_count"`
	Pages    int              `json:"page_count"`
}

// list asks for queues, page by page.
func (r reader) list(ctx context.Context, pages *ask.Reader, b *batch.Batch, about overview) error {
	var told, found int
	for n := 1; told < r.queues; n++ {
		var p part
		if err := get(ctx, pages, "/api/queues?"+r.query(n), &p); err != nil {
			return err
		}
		found = p.Filtered
		items := p.Items[:min(len(p.Items), r.queues-told)]
		if err := tellQueues(b, about, items); err != nil {
			return err
		}
		told += len(items)
		if n >= p.Pages || len(items) == 0 {
			break
		}
	}
	if r.queues > 0 {
		b.Gauge(leftOut, float64(max(0, found-told)))
	}
	return nil
}

// query asks for a page of queues.
func (r reader) query(n int) string {
	q := url.Values{
		"page": {strconv.Itoa(n)}, "page_size": {strconv.Itoa(min(r.queues, pageQueues))},
		"columns": {strings.Join(columns(), ",")},
	}
	if r.names != "" {
		q.Set("name", r.names)
		q.Set("use_regex", "true")
	}
	return q.Encode()
}
