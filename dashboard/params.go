package dashboard

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/internal/metric"
)

// maxPoints is the number of points a series may have in a range query, as in
// Prometheus.
const maxPoints = 11_000

// maxSeconds is the last second of the year 9999. Milliseconds given for
// seconds lie past it.
const maxSeconds = 253402300799

// These are the ends of time that Prometheus' clients send for "all"
// (prometheus/prometheus:web/api/v1/api.go, minTimeFormatted).
const (
	minTime = "-292273086-05-16T16:47:06Z"
	maxTime = "+292277025-08-18T07:12:54.999999999Z"
)

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

// parseTime reads RFC 3339 or Unix seconds, to the millisecond.
func parseTime(text string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > maxSeconds {
			return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp: it is not in seconds", text)
		}
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	switch text {
	case minTime:
		return time.Unix(-maxSeconds, 0).UTC(), nil
	case maxTime:
		return time.Unix(maxSeconds, 0).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
}

// parseDuration reads seconds, or Prometheus' notation: 1h30m.
func parseDuration(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		ns := seconds * float64(time.Second)
		if math.IsNaN(ns) || ns >= math.MaxInt64 || ns <= math.MinInt64 {
			return 0, fmt.Errorf("cannot parse %q to a valid duration. It overflows int64", text)
		}
		return time.Duration(ns), nil
	}
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
}

// parseMatchers reads selectors. Each must ask for something, as `{}` does not.
func parseMatchers(selectors []string) ([][]*labels.Matcher, error) {
	sets, err := parser.NewParser(parser.Options{}).ParseMetricSelectors(selectors)
	if err != nil {
		return nil, invalid("match[]", err)
	}
	for _, set := range sets {
		if !narrows(set) {
			return nil, invalid("match[]", errors.New("match[] must contain at least one non-empty matcher"))
		}
	}
	return sets, nil
}

func narrows(set []*labels.Matcher) bool {
	for _, m := range set {
		if !m.Matches("") {
			return true
		}
	}
	return false
}
