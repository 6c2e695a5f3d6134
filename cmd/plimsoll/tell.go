package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

func eventCommand() command {
	return command{
		name: "event", args: "[flags] 'TITLE'", about: "tell of something that happened: a vertical mark on every chart",
		examples: []string{
			"plimsoll event 'deploy 1234'",
			"plimsoll event -text 'new cache keys' -label env=prod -key deploy 'deploy 1235'",
			"plimsoll event -at 2026-05-12T10:00:00Z -host db1 -type warning 'failover'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &tellEvent{event: metric.Event{Labels: map[string]string{}}}
			c.server.flags(f)
			c.event.Host, _ = os.Hostname() // an event may be of no host
			f.StringVar(&c.event.Text, "text", "", "more about it")
			f.StringVar(&c.event.Host, "host", c.event.Host, "`HOST` it happened on; '' for none")
			f.StringVar(&c.event.Key, "key", "", "events of one `KEY` are the same thing told again")
			f.StringVar(&c.event.Type, "type", "", "error, warning, info or success (default info)")
			f.StringVar(&c.event.Source, "source", "", "what kind of program tells of it")
			f.Var(instantFlag{&c.event.At}, "at", "`TIME` it happened, as 2026-05-12T10:00:00Z (default now)")
			f.Var(labelsFlag(c.event.Labels), "label", "`NAME=VALUE`, as often as needed")
			return c.run
		},
	}
}

type tellEvent struct {
	server server
	event  metric.Event
}

func (c *tellEvent) run(e env, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: want one title, got %d", errUsage, len(args))
	}
	c.event.Title = args[0]
	return c.server.tell(e.ctx, "/api/plimsoll/v1/events", c.event)
}

func resultCommand() command {
	return command{
		name: "result", args: "[flags] NAME ok|warning|critical|unknown ['MESSAGE']",
		about: "tell what a check found that runs elsewhere, such as a backup from cron",
		examples: []string{
			"plimsoll result backup ok 'took 3 min'",
			"plimsoll result -host db1 -label db=photos backup critical 'no space left'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &tellResult{result: metric.CheckResult{Labels: map[string]string{}}}
			c.server.flags(f)
			c.result.Host, _ = os.Hostname() // a check may be of no host
			f.StringVar(&c.result.Host, "host", c.result.Host, "`HOST` it is about; '' for none")
			f.Var(instantFlag{&c.result.At}, "at", "`TIME` of the check, as 2026-05-12T10:00:00Z (default now)")
			f.Var(labelsFlag(c.result.Labels), "label", "`NAME=VALUE`, as often as needed")
			return c.run
		},
	}
}

type tellResult struct {
	server server
	result metric.CheckResult
}

func (c *tellResult) run(e env, args []string) error {
	if len(args) < 2 || len(args) > 3 {
		return fmt.Errorf("%w: want a name, a state and perhaps a message, got %d arguments", errUsage, len(args))
	}
	c.result.Name, c.result.State = args[0], metric.Severity(args[1])
	if len(args) == 3 {
		c.result.Message = args[2]
	}
	return c.server.tell(e.ctx, "/api/plimsoll/v1/checks", c.result)
}

// tell posts what is to be told as JSON.
func (s *server) tell(ctx context.Context, path string, what any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	req, err := s.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	req.Method, req.Body, req.ContentLength = http.MethodPost, io.NopCloser(bytes.NewReader(body)), int64(len(body))
	req.Header.Set("Content-Type", "application/json")
	answer, err := answerTo(req)
	if err != nil {
		return err
	}
	return answer.Close()
}

// instantFlag is a flag whose value is an instant of RFC 3339.
type instantFlag struct{ at *time.Time }

func (i instantFlag) String() string { return "" }

// Set implements flag.Value.
func (i instantFlag) Set(text string) (err error) {
	if *i.at, err = time.Parse(time.RFC3339, text); err != nil {
		return errors.New("it is not of the form 2026-05-12T10:00:00Z")
	}
	return nil
}

// labelsFlag is a flag that may be given again and again.
type labelsFlag map[string]string

func (labelsFlag) String() string { return "" }

// Set implements flag.Value.
func (l labelsFlag) Set(text string) error {
	name, value, is := strings.Cut(text, "=")
	if !is || name == "" {
		return errors.New("it is not of the form NAME=VALUE")
	}
	l[name] = value
	return nil
}
