package graphite

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/collector/outbox"
)

// Bad is the last thing that was refused, for people.
type Bad struct {
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Offender is a source of which something was refused.
type Offender struct {
	Source  string            `json:"source"`
	Refused map[string]uint64 `json:"refused"`
}

// Stats is what a Server tells of itself.
type Stats struct {
	Refused map[string]uint64 `json:"refused,omitempty"`
	LastBad Bad               `json:"last_bad,omitzero"`
	// Offenders are the sources of which something was refused.
	Offenders   []Offender   `json:"offenders,omitempty"`
	Connections int          `json:"connections"`
	Samples     outbox.Stats `json:"samples"`
	KernelDrops uint64       `json:"kernel_drops,omitempty"`
}

// maxOffenders bounds those that are told apart; all others are "others".
const maxOffenders = 100

// ledger counts what is refused.
type ledger struct {
	metrics *metrics
	now     func() time.Time

	mu        sync.Mutex // guards what follows
	refused   map[string]uint64
	offenders map[string]map[string]uint64
	last      Bad
}

func newLedger(m *metrics, now func() time.Time) *ledger {
	return &ledger{metrics: m, now: now, refused: map[string]uint64{}, offenders: map[string]map[string]uint64{}}
}

// refuse counts something that is refused, and quotes it.
func (l *ledger) refuse(reason, source string, text []byte) {
	const enough = 200
	l.count(reason, source, 1, strings.ToValidUTF8(string(text[:min(len(text), enough)]), "?"))
}

// drop counts samples for which there was no room.
func (l *ledger) drop(source string, n int) { l.count(reasonDropped, source, n, "") }

// connected counts a connection; reason is why it is refused, or "".
func (l *ledger) connected(reason, from string) {
	l.metrics.conns.WithLabelValues(cmp.Or(reason, "accepted")).Inc()
	if reason != "" {
		l.count(reason, "graphite "+from, 1, "")
	}
}

func (l *ledger) count(reason, source string, n int, text string) {
	l.metrics.refused.WithLabelValues(reason).Add(float64(n))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[reason] += uint64(n)
	l.last = Bad{Source: source, Reason: reason, Text: text, At: l.now()}
	if reason == reasonPickle {
		l.last.Text = "pickle is not read, since it can make its reader run anything: send the plaintext protocol"
	}
	if l.offenders[source] == nil && len(l.offenders) >= maxOffenders {
		source = "others"
	}
	if l.offenders[source] == nil {
		l.offenders[source] = map[string]uint64{}
	}
	l.offenders[source][reason] += uint64(n)
}

// Stats returns what is known.
func (s *Server) Stats() Stats {
	out := Stats{Connections: s.tcp.Open(), Samples: s.outbox.Stats(), KernelDrops: s.drops()}
	l := s.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	out.Refused, out.LastBad = maps.Clone(l.refused), l.last
	for source, refused := range l.offenders {
		out.Offenders = append(out.Offenders, Offender{source, maps.Clone(refused)})
	}
	slices.SortFunc(out.Offenders, func(a, b Offender) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

func (s *Server) drops() uint64 {
	if socket := s.socket.Load(); socket != nil {
		return socket.Drops()
	}
	return 0
}
