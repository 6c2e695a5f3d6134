package ganglia

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/outbox"
)

// Bad is the last thing that was refused, for people.
type Bad struct {
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Source is one sender of datagrams.
type Source struct {
	Address  string            `json:"address"`
	Packets  uint64            `json:"packets"`
	Refused  map[string]uint64 `json:"refused,omitempty"`
	LastSeen time.Time         `json:"last_seen"`

	second int64 // of LastSeen
	count  int   // packets of that second
}

// Poll is what is known of a data source.
type Poll struct {
	Name    string    `json:"name"`
	Address string    `json:"address"` // that answered last
	Up      bool      `json:"up"`
	LastOK  time.Time `json:"last_ok,omitzero"`
	Hosts   int       `json:"hosts"`
	Metrics int       `json:"metrics"`
	// BadTags were left out of the last document, of which FirstBad is the first.
	BadTags   int       `json:"bad_tags,omitempty"`
	FirstBad  string    `json:"first_bad,omitempty"`
	CutOff    bool      `json:"cut_off,omitempty"`
	LastError string    `json:"last_error,omitempty"`
	ErrorAt   time.Time `json:"error_at,omitzero"`
}

// Stats is what a Ganglia tells of itself.
type Stats struct {
	Refused map[string]uint64 `json:"refused,omitempty"`
	LastBad Bad               `json:"last_bad,omitzero"`
	// Sources are those of the most packets, up to a hundred.
	Sources []Source     `json:"sources,omitempty"`
	Polls   []Poll       `json:"polls,omitempty"`
	Samples outbox.Stats `json:"samples"`
	Hosts   int          `json:"hosts"`
	Metrics int          `json:"metrics"`
	// Undescribed metrics have a value and wait for their metadata.
	Undescribed int    `json:"undescribed,omitempty"`
	Texts       uint64 `json:"texts,omitempty"`
	KernelDrops uint64 `json:"kernel_drops,omitempty"`
}

// ledger counts what came and what was refused, by source.
type ledger struct {
	limit, rate int
	counter     *prometheus.CounterVec // of what was refused
	overSources prometheus.Counter     // two of them
	overRate    prometheus.Counter
	now         func() time.Time

	mu      sync.Mutex // guards all below
	sources map[netip.Addr]*Source
	refused map[string]uint64
	last    Bad
	polls   map[string]*Poll
}

func newLedger(c *Config, counter *prometheus.CounterVec) *ledger {
	return &ledger{
		limit: c.MaxSources, rate: c.MaxPacketsPerSecond, counter: counter, now: c.Now,
		overSources: counter.WithLabelValues(reasonSources), overRate: counter.WithLabelValues(reasonRate),
		sources: map[netip.Addr]*Source{}, refused: map[string]uint64{}, polls: map[string]*Poll{},
	}
}

// admit says whether a datagram is to be looked at. It counts those that are not, and
// is quick: what one sender sends in excess must not let those of others wait.
func (l *ledger) admit(from netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sources[from]
	if s == nil {
		if len(l.sources) >= l.limit {
			l.refused[reasonSources]++
			l.overSources.Inc()
			l.last = Bad{Source: from.String(), Reason: reasonSources, At: now}
			return false
		}
		s = &Source{Address: from.String(), Refused: map[string]uint64{}}
		l.sources[from] = s
	}
	s.Packets++
	s.LastSeen = now
	if second := now.Unix(); second != s.second {
		s.second, s.count = second, 0
	}
	if s.count++; s.count <= l.rate {
		return true
	}
	if s.count == l.rate+1 {
		l.last = Bad{Source: s.Address, Reason: reasonRate, At: now}
	}
	l.refused[reasonRate]++
	s.Refused[reasonRate]++
	l.overRate.Inc()
	return false
}

// refuse counts what is refused.
func (l *ledger) refuse(reason, source, text string) {
	l.counter.WithLabelValues(reason).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[reason]++
	const enough = 300
	l.last = Bad{Source: source, Reason: reason, Text: strings.ToValidUTF8(text[:min(len(text), enough)], "?"), At: l.now()}
	if a, err := netip.ParseAddr(source); err == nil && l.sources[a] != nil {
		l.sources[a].Refused[reason]++
	}
}

// sweep forgets idle senders.
func (l *ledger) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.sources, func(_ netip.Addr, s *Source) bool { return now.Sub(s.LastSeen) > sourceIdle })
}

// polled notes how a poll went.
func (l *ledger) polled(p Poll) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.polls[p.Name]; old != nil {
		p.LastOK, p.ErrorAt = later(p.LastOK, old.LastOK), later(p.ErrorAt, old.ErrorAt)
		p.LastError, p.Address = cmp.Or(p.LastError, old.LastError), cmp.Or(p.Address, old.Address)
	}
	l.polls[p.Name] = &p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tell adds what the ledger knows to s.
func (l *ledger) tell(s *Stats) {
	const most = 100
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Refused, s.LastBad = maps.Clone(l.refused), l.last
	for _, one := range l.sources {
		copied := *one
		copied.Refused = maps.Clone(one.Refused)
		s.Sources = append(s.Sources, copied)
	}
	slices.SortFunc(s.Sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Address, b.Address))
	})
	s.Sources = s.Sources[:min(len(s.Sources), most)]
	for _, p := range l.polls {
		s.Polls = append(s.Polls, *p)
	}
	slices.SortFunc(s.Polls, func(a, b Poll) int { return cmp.Compare(a.Name, b.Name) })
}

// isUp says whether the last poll of a data source went well.
func (l *ledger) isUp(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.polls[name]
	return p != nil && p.Up
}

// Stats returns what is known.
func (g *Ganglia) Stats() Stats {
	s := Stats{Samples: g.outbox.Stats()}
	g.stats.tell(&s)
	s.KernelDrops = g.drops()
	c := g.table.counts()
	s.Hosts, s.Metrics, s.Undescribed, s.Texts = c.hosts, c.metrics, c.undescribed, c.texts
	return s
}

func (g *Ganglia) drops() uint64 {
	if s := g.socket.Load(); s != nil {
		return s.Drops()
	}
	return 0
}
