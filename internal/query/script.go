package query

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Script is a series with values to come, written in Prometheus' notation for
// tests: `errors_total{job="a"} 0+10x20 _x3 stale`.
type Script struct {
	Labels labels.Labels
	left   []*kept
}

// A number of repetitions of seven digits is a slip, and more than memory holds.
var (
	quoted     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	endless    = regexp.MustCompile(`\s\S*x(\d{7,})(?:\s|$)`)
	errTooMany = errors.New("repeats a value more than 999999 times")
)

// ParseScript reads a series and its values, the first at an instant and the
// others each a step later.
func ParseScript(text string, start time.Time, step time.Duration) (*Script, error) {
	if endless.MatchString(quoted.ReplaceAllString(strings.TrimSpace(text), `""`)) {
		return nil, fmt.Errorf("%q: %w", text, errTooMany)
	}
	lbls, values, err := NewParser().ParseSeriesDesc(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	s := &Script{Labels: lbls}
	for i, v := range values {
		if !v.Omitted {
			s.left = append(s.left, &kept{at: start.Add(time.Duration(i) * step).UnixMilli(), f: v.Value, h: v.Histogram})
		}
	}
	return s, nil
}

// Play puts the values up to an instant into m and returns how many m did not
// take, as it has others of that time.
func (s *Script) Play(m *Memory, until time.Time) (refused int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(s.left) > 0 && s.left[0].at <= until.UnixMilli() {
		next := *s.left[0]
		if s.left = s.left[1:]; next.h != nil {
			next.h = m.hintedLocked(s.Labels, next.h)
		}
		if !m.putLocked(s.Labels, &next) {
			refused++
		}
	}
	return refused
}
