package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"plimsoll/internal/metric"
)

const (
	defaultTop = 20
	maxTop     = 1000
	maxTails   = 10 // at once: each costs the readers of the counter daemon a little
	// tailTimeout is how long a client may take for one line of a tail.
	tailTimeout = 10 * time.Second
)

// CounterViews are the ways to look into the counter daemon. Each may be nil.
type CounterViews struct {
	// Account is Counters without the names.
	Account func() any
	// Top waits for the end of a second and returns its n busiest series.
	Top func(ctx context.Context, n int) (any, error)
	// Tail gives the lines of one raw name, or of all for "", until ctx ends or
	// line returns false.
	Tail func(ctx context.Context, name string, line func(any) bool)
}

// counters answers with the account of the counter daemon and its names; with
// names=0 without them.
func (s *Server) counters(_ context.Context, p params) (any, error) {
	view := s.cfg.Counters
	if p.Get("names") == "0" {
		view = s.cfg.CounterViews.Account
	}
	if view == nil {
		return nil, errAbsent
	}
	return view(), nil
}

// topCounters answers at the end of a second.
func (s *Server) topCounters(ctx context.Context, p params) (any, error) {
	if s.cfg.CounterViews.Top == nil {
		return nil, errAbsent
	}
	n, err := p.count("n", defaultTop)
	if err != nil {
		return nil, badData(err)
	}
	return s.cfg.CounterViews.Top(ctx, min(n, maxTop))
}

var errTails = fmt.Errorf("%w: %d tails are open, no more are served at once", metric.ErrBusy, maxTails)

// tailCounters streams lines as JSON, one a line, until the client goes or the
// server ends.
func (s *Server) tailCounters(w http.ResponseWriter, r *http.Request) {
	p, err := s.readParams(w, r)
	if err == nil && s.cfg.CounterViews.Tail == nil {
		err = errAbsent
	}
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	s.tail(w, r, func(ctx context.Context, give func(any) bool) { s.cfg.CounterViews.Tail(ctx, p.Get("name"), give) })
}

// tail streams what from gives until the client goes or the server ends, if there
// are not too many tails already.
func (s *Server) tail(w http.ResponseWriter, r *http.Request, from func(ctx context.Context, give func(any) bool)) {
	select {
	case s.tails <- struct{}{}:
		defer func() { <-s.tails }()
	default:
		s.fail(r.Context(), w, errTails)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := context.AfterFunc(s.ending, cancel)
	defer stop()
	s.stream(ctx, w, func(give func(any) bool) { from(ctx, give) })
}

// stream writes what from gives, each value at once. The client is to know that
// it is served before there is any.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, from func(give func(any) bool)) {
	out := &jsonLines{server: s, w: w, control: http.NewResponseController(w)}
	if !out.begin() {
		return
	}
	from(func(v any) bool { return out.give(v) && ctx.Err() == nil })
}
