package check

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

// findings gathers what a probe sees: all that is said of it, and of the states
// the worst.
type findings struct {
	head string // what was seen, whether it is well or not
	says []string
	is   metric.Severity
	perf []Perf
}

// badness orders states: a doubt hides neither a warning nor what is critical,
// and is no all-clear.
func badness(s metric.Severity) int {
	switch s {
	case metric.Critical:
		return 3
	case metric.Warning:
		return 2
	case metric.Unknown:
		return 1
	}
	return 0
}

// add notes that something is not well.
func (f *findings) add(s metric.Severity, format string, args ...any) {
	if badness(s) > badness(f.is) {
		f.is = s
	}
	f.says = append(f.says, fmt.Sprintf(format, args...))
}

func (f *findings) critical(format string, args ...any) { f.add(metric.Critical, format, args...) }

func (f *findings) unknown(err error) { f.add(metric.Unknown, "%v", err) }

// ownError is an error of ours, which says nothing about the service.
type ownError struct{ error }

// failed notes that a probe ended with an error.
func (f *findings) failed(err error, timeout time.Duration) {
	if own := (ownError{}); errors.As(err, &own) {
		f.unknown(own.error)
		return
	}
	f.endsOf(err)
	f.critical("%s", explain(err, timeout))
}

// measured notes a number, with labels and their values in turn.
func (f *findings) measured(name string, value float64, pairs ...string) {
	f.perf = append(f.perf, Perf{Name: name, Value: value, Pairs: pairs})
}

// result is what came of it.
func (f *findings) result() Result {
	r := Result{State: metric.OK, Summary: f.head, Perf: f.perf}
	if f.is != "" {
		r.State = f.is
	}
	if why := strings.Join(f.says, "; "); why != "" {
		if r.Summary != "" {
			r.Summary += ": "
		}
		r.Summary += why
	}
	return r
}

// Limits are the values past which something is a warning, or critical; 0: it
// never is.
type Limits[T int | float64 | time.Duration] struct {
	Warn     T `yaml:"warn"`
	Critical T `yaml:"critical"`
}

// judge adds a finding, in these words, if v is at a limit or past it.
func (l Limits[T]) judge(f *findings, v T, words string) {
	switch {
	case l.Critical > 0 && v >= l.Critical:
		f.critical("%s, and %v is critical", words, l.Critical)
	case l.Warn > 0 && v >= l.Warn:
		f.add(metric.Warning, "%s, and %v is a warning", words, l.Warn)
	}
}

func (l Limits[T]) validate(bad complaint) {
	if l.Warn < 0 {
		bad("warn", "%v is negative", l.Warn)
	}
	if l.Critical < 0 {
		bad("critical", "%v is negative", l.Critical)
	}
	if l.Critical > 0 && l.Warn > l.Critical {
		bad("warn", "%v is more than %v, which is critical", l.Warn, l.Critical)
	}
}

// slow judges how long something took.
func (f *findings) slow(l Limits[time.Duration], took time.Duration) {
	l.judge(f, took, "took "+took.Round(time.Millisecond).String())
}
