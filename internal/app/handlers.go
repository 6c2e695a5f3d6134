package app

import (
	"crypto/rand"
	"net/http"
	"time"

	"plimsoll/agents/handler"
	"plimsoll/internal/orders"
)

// maxWaitingAgents bounds the agents whose requests for orders are held at a time;
// each holds a connection. Others ask again and again.
const maxWaitingAgents = 1000

// openHandlers sets up what runs the event handlers of this host, if any are
// listed.
func (a *App) openHandlers() (err error) {
	c := a.config.Agent
	if !c.Enabled || len(c.Handlers) == 0 {
		return nil
	}
	a.handlers, err = handler.New(c.Handlers, handler.Options{
		Instance: c.Instance, Book: handler.NewBook(rand.Text()), Desk: a.engine, Now: time.Now,
		Registerer: a.registry, Logger: a.logger,
	})
	return err
}

// ordersFor answers agents that ask for the orders of event handlers.
func (a *App) ordersFor() http.Handler {
	return &orders.Server{Desk: a.engine, Now: time.Now, Waiting: make(chan struct{}, maxWaitingAgents)}
}
