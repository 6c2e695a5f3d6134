package weblog

import (
	"errors"
	"maps"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/tail"
	"plimsoll/internal/metric"
)

// pipeDropped is the parameter by which plimsoll-agent log tells how many lines
// it dropped since the message before.
const pipeDropped = "plimsoll@32473.dropped"

// metrics are the Analyzer's own.
type metrics struct {
	lines, requests, skipped, keepErrors, putErrors prometheus.Counter
	badLines, dropped, refused                      *prometheus.CounterVec

	mu      sync.Mutex // guards what follows
	lastBad map[string]BadLine
	fails   map[string]bool // what is logged once until it goes well
	seen    observed
}

// observed is what the goroutine of Run told last of its parts.
type observed struct {
	files       int
	tail        tail.Stats
	late, ahead uint64
}

// BadLine quotes a line that was no entry.
type BadLine struct {
	From  string `json:"from"` // a path or a host
	Error string `json:"error"`
}

// Stats is what people see of it.
type Stats struct {
	Files int                `json:"files"`
	Tail  tail.Stats         `json:"tail"`
	Late  uint64             `json:"late"`  // requests of intervals that were over
	Ahead uint64             `json:"ahead"` // requests that claim to be of the future
	Bad   map[string]BadLine `json:"bad"`   // the last one by reason
}

// Stats may be called at any time.
func (a *Analyzer) Stats() Stats {
	m := a.metrics
	m.mu.Lock()
	defer m.mu.Unlock()
	return Stats{m.seen.files, m.seen.tail, m.seen.late, m.seen.ahead, maps.Clone(m.lastBad)}
}

func newMetrics(reg prometheus.Registerer, a *Analyzer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plimsoll_weblog_" + name, Help: help})
	}
	vec := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plimsoll_weblog_" + name, Help: help}, []string{"reason"})
	}
	m := &metrics{
		lines:      counter("lines_total", "Lines of access logs that were read."),
		requests:   counter("requests_total", "Lines that counted as requests."),
		skipped:    counter("skipped_lines_total", "Lines that were passed over: headings, empty ones, and those of before the time that is wanted."),
		keepErrors: counter("state_errors_total", "Times the state of access logs could not be kept; it is tried again."),
		putErrors:  counter("put_errors_total", "Puts that failed and are tried again."),
		badLines:   vec("bad_lines_total", "Lines that are no requests, by reason."),
		dropped:    vec("dropped_lines_total", "Lines that came by syslog or a pipe and were not read, by reason."),
		refused:    vec("refused_samples_total", "Samples that the sink refused for good, by reason."),
		lastBad:    map[string]BadLine{}, fails: map[string]bool{},
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range append([]prometheus.Collector{
		m.lines, m.requests, m.skipped, m.keepErrors, m.putErrors, m.badLines, m.dropped, m.refused,
	}, m.observed(a)...) {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// observed are metrics of what is counted elsewhere.
func (m *metrics) observed(a *Analyzer) []prometheus.Collector {
	counter := func(name, help string, labels prometheus.Labels, of func(Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "plimsoll_weblog_" + name, Help: help, ConstLabels: labels},
			func() float64 { return float64(of(a.Stats())) })
	}
	lost := func(reason string, of func(Stats) uint64) prometheus.Collector {
		return counter("file_lines_lost_total", "Lines of files that were not read, by reason; of files that were lost, the files.", prometheus.Labels{"reason": reason}, of)
	}
	return []prometheus.Collector{
		counter("late_lines_total", "Requests that counted in a later interval than they ended in, since that was over.", nil, func(s Stats) uint64 { return s.Late }),
		counter("ahead_lines_total", "Requests that ended in the future by their log, and counted as of now.", nil, func(s Stats) uint64 { return s.Ahead }),
		lost("too long", func(s Stats) uint64 { return s.Tail.TooLong }),
		lost("unfinished", func(s Stats) uint64 { return s.Tail.Unfinished }),
		lost("file not found again", func(s Stats) uint64 { return s.Tail.Lost }),
		lost("too many files", func(s Stats) uint64 { return s.Tail.TooMany }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_weblog_files", Help: "Access logs that are read."},
			func() float64 { return float64(a.Stats().Files) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "plimsoll_weblog_syslog_messages_total", Help: "Messages of syslog that came."},
			func() float64 { return float64(a.received()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "plimsoll_weblog_syslog_refused_total", Help: "Messages and connections of syslog that were refused: too long, broken, not allowed, too many."},
			func() float64 { return float64(a.refused()) }),
	}
}

func (a *Analyzer) received() (n uint64) {
	for _, l := range a.listeners {
		n += l.Stats().Received
	}
	return n
}

func (a *Analyzer) refused() (n uint64) {
	for _, l := range a.listeners {
		s := l.Stats()
		n += s.TooLong + s.Broken + s.NotAllowed + s.RefusedConns
	}
	return n
}

// observe takes what belongs to the goroutine of Run where others may read it.
func (m *metrics) observe(a *Analyzer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = observed{a.tailer.Files(), a.tailer.Stats, a.table.Late, a.table.Ahead}
}

// bad counts a line that is no request.
func (m *metrics) bad(reason accesslog.Reason, from string, err error) {
	m.badLines.WithLabelValues(string(reason)).Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastBad[string(reason)] = BadLine{from, err.Error()}
}

// lost counts what a pipe says it dropped.
func (m *metrics) lost(told string) {
	if told == "" {
		return
	}
	if n, err := strconv.ParseUint(told, 10, 32); err == nil {
		m.dropped.WithLabelValues("pipe").Add(float64(n))
	}
}

func (m *metrics) refuse(e *metric.RefusedError) {
	for reason, n := range e.Reasons {
		m.refused.WithLabelValues(reason).Add(float64(n))
	}
}

// failing reports whether what goes wrong is to be logged.
func (m *metrics) failing(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.fails[what]
	m.fails[what] = true
	return !was
}

func (m *metrics) good(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.fails, what)
}
