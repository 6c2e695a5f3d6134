// Package nginx measures an nginx by its page stub_status, with the names of
// nginx/nginx-prometheus-exporter 1.4 for open source nginx.
//
//	Active connections: 2
//	server accepts handled requests
//	 10 10 25
//	Reading: 0 Writing: 1 Waiting: 1
//
// Source of the format: nginx/nginx src/http/modules/ngx_http_stub_status_module.c.
// accepted minus handled is what worker_connections refused. nginx_up is 0 when
// the page could not be read or was another one.
package nginx

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/agents/page"
	"plimsoll/internal/metric"
)

// maxPage bounds the page, which has some 100 bytes.
const maxPage = 4096

// Config is one nginx. Its page is stub_status.
type Config struct {
	page.Config `yaml:",inline"`
}

func kind() page.Kind {
	return page.Kind{Name: "nginx", Job: "nginx", URL: "http://127.0.0.1/stub_status", Read: read}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error { return kind().Validate(c.Config) }

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) { return kind().Target(c.Config, host) }

// read reads the page and tells of it.
func read(ctx context.Context, pages *ask.Reader, b *batch.Batch) error {
	text, err := pages.Get(ctx, "", maxPage)
	var values map[string]string
	if err == nil {
		values, err = parse(string(text))
	}
	if err == nil {
		err = b.Fields(fields(), values)
	}
	b.Flag("nginx_up", err == nil)
	return err
}

// parse reads the page's numbers by what stands before, or over, them.
func parse(page string) (map[string]string, error) {
	f := strings.Fields(page)
	at := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	for i, want := range []string{
		"Active", "connections:", "", "server", "accepts", "handled", "requests", "", "", "",
		"Reading:", "", "Writing:", "", "Waiting:", "",
	} {
		if at(i) == "" || want != "" && f[i] != want {
			return nil, fmt.Errorf("%.100q is not stub_status", page)
		}
	}
	return map[string]string{
		"active": f[2], "accepts": f[7], "handled": f[8], "requests": f[9],
		"reading": f[11], "writing": f[13], "waiting": f[15],
	}, nil
}

func fields() []batch.Field {
	return []batch.Field{
		{Key: "active", Name: "nginx_connections_active", Help: "Connections open now, idle ones included."},
		{Key: "accepts", Kind: metric.Counter, Name: "nginx_connections_accepted", Help: "Connections accepted."},
		{Key: "handled", Kind: metric.Counter, Name: "nginx_connections_handled", Help: "Connections handled: all that were accepted but those over worker_connections."},
		{Key: "requests", Kind: metric.Counter, Name: "nginx_http_requests_total", Help: "Requests."},
		{Key: "reading", Name: "nginx_connections_reading", Help: "Connections whose request is being read."},
		{Key: "writing", Name: "nginx_connections_writing", Help: "Connections to which an answer is being written, or made."},
		{Key: "waiting", Name: "nginx_connections_waiting", Help: "Idle connections that wait for a request."},
	}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(batch.Meta(fields()),
		metric.Meta{Name: "nginx_up", Type: "gauge", Help: "Whether nginx answered with its page."})
}
