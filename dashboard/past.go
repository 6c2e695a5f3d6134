package dashboard

import (
	"context"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

const (
	pastSpan      = 2 * time.Minute // of the live window's five, which has also what a rate looks back at
	pastStep      = livePeriod
	maxPastPoints = 24_000  // per expression: 200 series
	maxPastBytes  = 4 << 20 // that wait for one client
)

// recall answers the subscriptions that wait for their past, and lets their data
// flow. It comes after r was published and within its deadline, so that nobody
// else waits for it; what there is no time for has no past.
func (h *hub) recall(ctx context.Context, r *round) {
	waiting := h.waiting()
	if len(waiting) == 0 {
		return
	}
	asked := map[string]bool{}
	for _, subs := range waiting {
		for _, s := range subs {
			asked[s.Expr] = true
		}
	}
	exprs := slices.DeleteFunc(h.distinct(), func(e *expression) bool { return !asked[e.text] })
	found := make([][]byte, len(exprs))
	spread(len(exprs), func(i int) { found[i] = h.past(ctx, exprs[i], r) })
	pasts := make(map[string][]byte, len(exprs))
	for i, e := range exprs {
		pasts[e.text] = found[i]
	}
	for c, subs := range waiting {
		h.gauges.noPast.WithLabelValues("slow client").Add(float64(c.box.release(subs, pasts, r)))
	}
}

// waiting returns the subscriptions of each client that wait for their past.
func (h *hub) waiting() map[*client][]subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := map[*client][]subscription{}
	for c := range h.clients {
		if subs := c.box.waiting(); len(subs) > 0 {
			found[c] = subs
		}
	}
	return found
}

// past returns the last minutes up to r of what e asks for, encoded; nil if
// there is no answer, not in time, or too large a one.
func (h *hub) past(ctx context.Context, e *expression, r *round) []byte {
	if p := r.parts[e.text]; p != nil && p.err != "" {
		return nil // the client is told why with the round
	}
	end := metric.Time(r.at)
	res, err := h.query(ctx, metric.Query{Expr: e.text, Start: end.Add(-pastSpan), End: end, Step: pastStep})
	switch {
	case ctx.Err() != nil:
		h.gauges.noPast.WithLabelValues("no time").Inc()
		return nil
	case err != nil || res.Type != metric.Matrix:
		h.gauges.noPast.WithLabelValues("error").Inc()
		return nil
	case points(res) > maxPastPoints:
		h.gauges.noPast.WithLabelValues("too large").Inc()
		return nil
	}
	return appendPast(nil, res)
}

func points(res metric.Result) int {
	n := 0
	for _, s := range res.Series {
		n += len(s.Points)
	}
	return n
}

// appendPast appends a range: [{"labels":{…},"points":[[1700000000,1.5]…]}…].
func appendPast(b []byte, res metric.Result) []byte {
	b = append(b, '[')
	first := true
	for _, s := range res.Series {
		b = append(appendLabels(append(comma(b, &first), `{"labels":`...), s.Labels), `,"points":[`...)
		between := true
		for _, p := range s.Points {
			b = append(appendTime(append(comma(b, &between), '['), p.At), ',')
			b = append(appendNumber(b, p.Value), ']')
		}
		b = append(b, `]}`...)
	}
	return append(b, ']')
}
