package app

import (
	"net/http"
	"path/filepath"
	"time"

	"plimsoll/collector/otlp"
	"plimsoll/collector/push"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// openOTLP makes the receiver of OTLP/HTTP.
func (a *App) openOTLP() (err error) {
	c := a.config.OTLP
	c.SourceOf = func(r *http.Request) string { return sender.Of(r).Source("otlp") }
	c.SinkOf = func(r *http.Request) metric.Sink { return a.collector.FromSender(sender.Of(r), "otlp") }
	c.Now, c.Registerer = time.Now, a.registry
	a.otlp, err = otlp.New(c)
	return err
}

// openPush makes what takes pushed groups, with those of before.
func (a *App) openPush() (err error) {
	c := a.config.Push
	c.Dir = filepath.Join(a.config.Data, "push")
	c.SinkFor, c.Now, c.Registerer, c.Logger = a.collector.From, time.Now, a.registry, a.logger
	a.push, err = push.New(c)
	return err
}
