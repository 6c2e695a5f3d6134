package prune

import (
	"context"
	"errors"
	"time"

	"plimsoll/internal/metric"
)

// lookForGaps finds the spans in which there was nothing for the rule to judge.
func (w *walk) lookForGaps(ctx context.Context) error {
	expr := w.rule.Presence()
	if expr == "" {
		w.span.Unjudged = true
		return nil
	}
	step, span := max(w.every, presenceStep), maxStretch
	for at := w.span.From; !at.After(w.span.To); {
		end := at.Add(span)
		if end.After(w.span.To) {
			end = w.span.To
		}
		res, err := w.q.Query(ctx, metric.Query{Expr: expr, Start: at, End: end, Step: step})
		if errors.Is(err, metric.ErrTooMuch) && span > step {
			span /= 2
			continue
		}
		if err != nil {
			return err
		}
		at = w.missedIn(res, at, end, step)
	}
	return nil
}

// missedIn notes the instants from at to end that no point of an answer is of,
// and returns the one after them.
func (w *walk) missedIn(res metric.Result, at, end time.Time, step time.Duration) time.Time {
	seen := map[int64]bool{}
	for _, s := range res.Series {
		for _, p := range s.Points {
			seen[p.At] = true
		}
	}
	for ; !at.After(end); at = at.Add(step) {
		if !seen[at.UnixMilli()] {
			w.missed(at, step)
		}
	}
	return at
}

// missed notes that there was no data at an instant.
func (w *walk) missed(at time.Time, step time.Duration) {
	until := at.Add(step)
	if until.After(w.span.To) {
		until = w.span.To
	}
	if n := len(w.span.Missing); n > 0 && !w.span.Missing[n-1].Until.Before(at) {
		w.span.Missing[n-1].Until = until
		return
	}
	w.span.Missing = append(w.span.Missing, Span{From: at, Until: until})
}

// withData returns the parts of spans that lie outside the missing ones, which
// ascend.
func withData(spans, missing []Span) []Span {
	var out []Span
	for _, s := range spans {
		for _, m := range missing {
			if !m.Until.After(s.From) || !m.From.Before(s.Until) {
				continue
			}
			if m.From.After(s.From) {
				out = append(out, Span{s.From, m.From, s.StepSeconds})
			}
			s.From = m.Until
		}
		if s.From.Before(s.Until) {
			out = append(out, s)
		}
	}
	return out
}
