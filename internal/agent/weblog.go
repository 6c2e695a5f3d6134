package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"plimsoll/agents/remote"
	"plimsoll/agents/weblog"
	"plimsoll/agents/weblog/relay"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// logs is what reads access logs, and what shows them to the server.
type logs struct {
	analyzer *weblog.Analyzer
	relay    *relay.Relay
}

func (a *Agent) openLogs() error {
	c := a.config.logsConfig()
	c.Dir = a.config.Data
	c.SinkFor = func(string) metric.Sink { return a.sink }
	c.Registerer, c.Logger = a.registry, a.log
	analyzer, err := weblog.New(c)
	if err != nil {
		return err
	}
	a.close = append(a.close, analyzer.Close)
	a.logs.analyzer = analyzer
	rc := a.remote(a.config)
	client, err := remote.NewClient(rc)
	if err != nil {
		return err
	}
	a.logs.relay, err = relay.New(relay.Config{
		Server: c.Instance, URLs: a.collectors, Client: client, Authorize: rc.Authorize, Hub: analyzer.Hub(),
	})
	return err
}

// collectors are those of now.
func (a *Agent) collectors() []string {
	sink, _ := a.sending.now()
	return sink.URLs()
}

// logsConfig is the section with what concerns all.
func (c Config) logsConfig() weblog.Config {
	l := c.Weblog
	if l.Instance == "" {
		l.Instance = c.Instance
	}
	return l
}

// validateLogs reports all that is wrong with the section.
func (c Config) validateLogs() error {
	var errs []error
	if len(c.Weblog.Files) > 0 && c.Data == "" {
		errs = append(errs, errors.New("files: need data, a directory: how far they were read is kept there"))
	}
	for i, s := range c.Weblog.Syslog {
		_, address := s.Split()
		if err := local(listen.Config{Address: address, Allow: s.Allow}); err != nil {
			errs = append(errs, fmt.Errorf("syslog[%d].%w", i, err))
		}
	}
	return errors.Join(append(errs, c.logsConfig().Validate())...)
}

// run works until ctx ends, and returns when all is handed on.
func (l *logs) run(ctx context.Context) error {
	var showing sync.WaitGroup
	showing.Go(func() { _ = l.relay.Run(ctx) }) // it never fails
	defer showing.Wait()
	return l.analyzer.Run(ctx)
}
