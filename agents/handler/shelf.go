package handler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/orders"
)

const (
	// grace is what a command gets to end when the agent ends.
	grace = 2 * time.Second
	// lastWord bounds the answers that are given then.
	lastWord = 500 * time.Millisecond
	// answerFor bounds how long an answer is tried to be given; the server wants
	// none after that.
	answerFor = 10 * time.Minute
	// minPause and maxPause bound the wait after a desk that does not answer.
	minPause = time.Second
	maxPause = 10 * time.Second
	// perOrder bounds how fast orders are taken, whatever the desk says, and idle
	// how fast it is asked where it does not hold the request.
	perOrder = 100 * time.Millisecond
	idle     = time.Second
)

// Options are what a Shelf needs besides the list.
type Options struct {
	Instance string
	// Book is the process's own; it outlives Shelves.
	Book *Book
	Desk orders.Desk
	Now  func() time.Time

	Registerer prometheus.Registerer // nil: none
	Logger     *slog.Logger
}

// Shelf runs what is on the list when it is asked to.
type Shelf struct {
	options Options
	names   []string
	list    map[string]Config
	results *prometheus.CounterVec
}

// New returns a Shelf that asks for nothing before Run.
func New(l List, o Options) (*Shelf, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	s := &Shelf{options: o, names: l.Names(), list: map[string]Config{}, results: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plimsoll_agent_handler_runs_total", Help: "Orders of event handlers, by what came of them here.",
	}, []string{"handler", "result"})}
	for _, c := range l {
		s.list[c.Name] = c.withDefaults()
	}
	if o.Registerer == nil {
		return s, nil
	}
	return s, o.Registerer.Register(s.results)
}

// Run does what the desk orders until ctx ends, and returns when no command runs
// any more and all was answered that could be.
func (s *Shelf) Run(ctx context.Context) error {
	working, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var running sync.WaitGroup
	for ctx.Err() == nil {
		o, is := s.next(ctx)
		if is && s.options.Book.take(o.ID) { // also when ctx has ended: it is given to us
			running.Go(func() { s.obey(ctx, working, o) }) // waited for below
		}
		if is {
			pause(ctx, perOrder)
		}
	}
	end := time.AfterFunc(grace, func() { stop(errors.New("the agent ended")) })
	defer end.Stop()
	running.Wait()
	return nil
}

// next asks for an order, and again and again while the desk does not answer. It
// returns without one when it is time to ask anew.
func (s *Shelf) next(ctx context.Context) (orders.Order, bool) {
	for wait, failing := minPause, false; ctx.Err() == nil; wait = min(2*wait, maxPause) {
		if s.options.Book.crowded() {
			pause(ctx, wait)
			continue
		}
		began := s.options.Now()
		o, is, err := s.options.Desk.Take(ctx, s.options.Book.ask(s.options.Instance, s.names))
		switch {
		case err != nil && ctx.Err() == nil:
			if !failing {
				s.options.Logger.Warn("orders of event handlers are not fetched, trying again", "err", err)
			}
			failing = true
			pause(ctx, wait/2+rand.N(wait))
			continue
		case failing:
			s.options.Logger.Info("orders of event handlers are fetched again")
		}
		if !is && s.options.Now().Sub(began) < idle {
			pause(ctx, idle)
		}
		return o, is
	}
	return orders.Order{}, false
}

// obey does what an order says, as far as it may, and answers.
func (s *Shelf) obey(ctx, working context.Context, o orders.Order) {
	a := s.do(working, o)
	a.ID, a.Instance, a.Process = o.ID, s.options.Instance, s.options.Book.process
	handler := o.Name
	if _, listed := s.list[o.Name]; !listed {
		handler = "other"
	}
	s.results.WithLabelValues(handler, a.Status).Inc()
	s.options.Logger.Warn("event handler", "handler", clip(o.Name), "alert", clip(o.Alert), "result", a.Status, "why", a.Why)
	s.answer(ctx, a)
	s.options.Book.answered(o.ID)
}

// do runs what an order names, or refuses it.
func (s *Shelf) do(working context.Context, o orders.Order) orders.Answer {
	refuse := func(why string) orders.Answer { return orders.Answer{Status: orders.Refused, Why: why} }
	c, listed := s.list[o.Name]
	switch {
	case !listed:
		return refuse("it is not on the agent's list")
	case o.TTL <= 0:
		return refuse("the order came too late")
	}
	if err := s.options.Book.begin(c, s.options.Now()); err != nil {
		return refuse(err.Error())
	}
	defer s.options.Book.end(c.Name)
	limit := min(c.Timeout, o.TTL)
	ctx, cancel := context.WithTimeoutCause(working, limit, fmt.Errorf("it took longer than %v", limit.Round(time.Second)))
	defer cancel()
	return run(ctx, c, o.Alert)
}

// answer tells what came of an order, again and again until it is heard.
func (s *Shelf) answer(ctx context.Context, a orders.Answer) {
	trying, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	err := s.options.Desk.Answer(trying, a)
	for wait := minPause; err != nil && !settled(err) && trying.Err() == nil; wait = min(2*wait, maxPause) {
		pause(trying, wait)
		err = s.options.Desk.Answer(trying, a)
	}
	if err != nil && !settled(err) && ctx.Err() != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
		defer cancel()
		err = s.options.Desk.Answer(last, a)
	}
	if err != nil {
		s.options.Logger.Warn("the result of an event handler is not taken", "handler_result", a.Status, "err", err)
	}
}

// settled reports whether to answer again would not help.
func settled(err error) bool {
	return errors.Is(err, orders.ErrUnknown) || errors.Is(err, orders.ErrClosed)
}

// clip bounds what a server says, for the log.
func clip(s string) string { return s[:min(len(s), orders.MaxInstance)] }

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
