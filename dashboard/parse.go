package dashboard

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// maxSeconds is the last second of the year 9999. Milliseconds given for
// seconds lie past it.
const maxSeconds = 253402300799

// These are the ends of time that Prometheus' clients send for "all"
// (prometheus/prometheus:web/api/v1/api.go, minTimeFormatted).
const (
	minTime = "-292273086-05-16T16:47:06Z"
	maxTime = "292277025-08-18T07:12:54.999999999Z"
)

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
