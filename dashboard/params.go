package dashboard

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"plimsoll/internal/metric"
)

// maxPoints is the number of points a series may have in a range query, as in
// Prometheus.
const maxPoints = 11_000

var errResolution = errors.New("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")

// params are the parameters of a request, from its URL and its form.
type params struct {
	url.Values
	now time.Time // of the request
}

// instant returns a time parameter, or otherwise when it is not given.
func (p params) instant(name string, otherwise time.Time) (time.Time, error) {
	text := p.Get(name)
	if text == "" {
		return otherwise, nil
	}
	t, err := parseTime(text)
	return t, invalid(name, err)
}

// span returns start and end of a look-up: all time unless told.
func (p params) span() (start, end time.Time, err error) {
	start, err1 := p.instant("start", time.Unix(0, 0).UTC())
	end, err2 := p.instant("end", p.now.Add(24*time.Hour))
	return start, end, errors.Join(err1, err2)
}

// limit returns the parameter limit; 0 is none.
func (p params) limit() (int, error) {
	return p.count("limit", 0)
}

func (p params) count(name string, otherwise int) (int, error) {
	text := p.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n < 0 {
		err = errors.New("limit must be non-negative")
	}
	return n, invalid(name, err)
}

// timeout returns the parameter timeout, at most longest.
func (p params) timeout(longest time.Duration) (time.Duration, error) {
	text := p.Get("timeout")
	if text == "" {
		return longest, nil
	}
	d, err := parseDuration(text)
	if err == nil && d <= 0 {
		err = errors.New("timeout must be positive")
	}
	return min(d, longest), invalid("timeout", err)
}

// selection returns what match[], start, end and limit select. One more than
// the limit is asked for, so that it shows when something was left off.
func (p params) selection() (sel metric.Selection, limit int, err error) {
	limit, err1 := p.limit()
	start, end, err2 := p.span()
	sets, err3 := parseMatchers(p.Values["match[]"])
	if err := errors.Join(err1, err2, err3); err != nil {
		return metric.Selection{}, 0, badData(err)
	}
	sel = metric.Selection{Sets: sets, Start: start, End: end}
	if limit > 0 && limit < math.MaxInt {
		sel.Limit = limit + 1
	}
	return sel, limit, nil
}

// rangeQuery returns the query of a query_range request.
func (p params) rangeQuery() (metric.Query, error) {
	q := metric.Query{Expr: p.Get("query")}
	var err error
	if q.Start, err = parseTime(p.Get("start")); err != nil {
		return q, badData(invalid("start", err))
	}
	if q.End, err = parseTime(p.Get("end")); err != nil {
		return q, badData(invalid("end", err))
	}
	if q.Step, err = parseDuration(p.Get("step")); err != nil {
		return q, badData(invalid("step", err))
	}
	switch {
	case q.End.Before(q.Start):
		return q, badData(invalid("end", errors.New("end timestamp must not be before start time")))
	case q.Step < time.Millisecond:
		return q, badData(invalid("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer")))
	case q.End.Sub(q.Start)/q.Step > maxPoints:
		return q, badData(errResolution)
	}
	return q, nil
}

// invalid says which parameter err is about, in Prometheus' words.
func invalid(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("invalid parameter %q: %w", name, err)
}
