package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

const (
	liveWorkers   = 4
	maxLiveSeries = 1000 // per expression
)

// evaluate answers every distinct expression for the instant at, until ctx ends.
// The cheap ones come first, so that when time runs out it does so for those that take it.
func (h *hub) evaluate(ctx context.Context, at time.Time) *round {
	began := h.cfg.Now()
	exprs := h.distinct()
	parts := make([]*part, len(exprs))
	spread(len(exprs), func(i int) { parts[i] = h.answer(ctx, exprs[i], at) })
	r := &round{at: at.UnixMilli(), parts: make(map[string]*part, len(exprs))}
	for i, e := range exprs {
		r.parts[e.text] = parts[i]
	}
	h.gauges.liveRound.Observe(h.cfg.Now().Sub(began).Seconds())
	return r
}

// spread calls do for 0 … n-1, in order, with at most liveWorkers at once. It
// returns when all have ended, which is what do's own deadline sees to.
func spread(n int, do func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(liveWorkers, n) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// distinct returns the expressions that somebody wants, cheapest first.
func (h *hub) distinct() []*expression {
	h.mu.Lock()
	exprs := make([]*expression, 0, len(h.exprs))
	for _, e := range h.exprs {
		exprs = append(exprs, e)
	}
	h.mu.Unlock()
	slices.SortFunc(exprs, func(a, b *expression) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.text, b.text))
	})
	return exprs
}

// answer evaluates e once. Nothing else touches e while the round runs.
func (h *hub) answer(ctx context.Context, e *expression, at time.Time) *part {
	if e.broken != nil {
		return e.broken
	}
	began := h.cfg.Now()
	res, err := h.query(ctx, metric.Query{Expr: e.text, Start: at, End: at})
	e.cost = h.cfg.Now().Sub(began)
	if err == nil {
		err = checkLive(res)
	}
	switch {
	case err == nil:
		return &part{json: appendLive(nil, res)}
	case ctx.Err() != nil:
		e.cost = h.cfg.Limits.LiveTimeout
		h.gauges.liveFails.WithLabelValues("slow").Inc()
		return &part{err: fmt.Sprintf("too slow to evaluate each second: not ready after %s", h.cfg.Limits.LiveTimeout)}
	}
	h.gauges.liveFails.WithLabelValues("error").Inc()
	p := &part{err: err.Error()}
	if errors.Is(err, metric.ErrBadQuery) {
		e.broken = p
	}
	return p
}

// query asks the live window; a panic in it costs this expression only.
func (h *hub) query(ctx context.Context, q metric.Query) (res metric.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			h.gauges.panics.Inc()
			h.cfg.Report(fmt.Errorf("panic in live expression %q: %v\n%s", q.Expr, v, debug.Stack()))
			err = errors.New("internal error; it was reported")
		}
	}()
	if err := ctx.Err(); err != nil {
		return metric.Result{}, err
	}
	return h.cfg.Live.Query(ctx, q)
}

// checkLive refuses what cannot be shown as values of one instant.
func checkLive(res metric.Result) error {
	if res.Type != metric.Vector && res.Type != metric.Scalar {
		return fmt.Errorf("gives a %s; want an instant vector or a scalar: %w", res.Type, metric.ErrBadQuery)
	}
	if len(res.Series) > maxLiveSeries {
		return fmt.Errorf("gives %d series, more than %d: %w", len(res.Series), maxLiveSeries, metric.ErrTooMuch)
	}
	return nil
}

// appendLive appends the values of one instant: [{"labels":{…},"value":1.5}…].
func appendLive(b []byte, res metric.Result) []byte {
	b = append(b, '[')
	first := true
	for _, s := range res.Series {
		if len(s.Points) == 0 {
			continue
		}
		b = comma(b, &first)
		b = append(appendLabels(append(b, `{"labels":`...), s.Labels), `,"value":`...)
		b = append(appendNumber(b, s.Points[len(s.Points)-1].Value), '}')
	}
	return append(b, ']')
}
