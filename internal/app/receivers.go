package app

import (
	"net/http"
	"time"

	"plimsoll/collector/otlp"
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
