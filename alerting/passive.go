package alerting

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// passive are the checks whose results others send. They come into being with
// their first result and go when they were silent for too long.
type passive struct {
	mu     sync.Mutex // guards what follows, the units too
	given  Passive
	shape  unit // what all units have in common
	checks map[string]*reported

	// What follows is Run's own.
	lookedAt, putAt time.Time
	warnedAt        time.Time // the log was told of the limit
	putting         chan struct{}
}

// reported is one passive check.
type reported struct {
	unit
	stamp  time.Time // the latest that its sender gave
	silent int       // looks in a row that found it silent while it was well
	// worst is its worst state since its series was last written; empty: it
	// said nothing since.
	worst metric.Severity
	ended bool // its series has no value any more
}

func newPassive(c Config) *passive {
	p := &passive{checks: map[string]*reported{}, putting: make(chan struct{}, 1)}
	p.configure(c)
	return p
}

// configure takes over what a configuration says, for the checks that are
// there too.
func (p *passive) configure(c Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = c.Passive
	p.shape = unit{
		class: metric.UpDown, severity: metric.Critical, maxAttempts: c.Passive.MaxAttempts,
		policy: state.Policy{MaxAttempts: c.Passive.MaxAttempts, NoData: looksIn(c.Passive.NoData, p.lookEvery())}.
			WithFlapping(c.Passive.Flapping, 0),
		contacts: c.Passive.Contacts, url: c.DashboardURL,
	}
	for _, r := range p.checks {
		r.policy, r.maxAttempts = p.shape.policy, p.shape.maxAttempts
		r.contacts, r.url = p.shape.contacts, p.shape.url
	}
}

// lookEvery is how often silence is looked for.
func (p *passive) lookEvery() time.Duration {
	return min(max(p.given.Freshness/10, time.Second), time.Minute)
}

// checkLocked makes a check without a state.
func (p *passive) checkLocked(id, name string, labels map[string]string) *reported {
	s := &p.shape
	return &reported{unit: unit{
		key: id, name: name, labels: labels, class: s.class, severity: s.severity, maxAttempts: s.maxAttempts,
		policy: s.policy, contacts: s.contacts, url: s.url, records: map[string]ledger.Record{},
	}}
}

// adopt takes up the checks that the ledger remembers and returns the other
// records. Their silence counts from now: we did not listen before.
func (p *passive) adopt(records []ledger.Record, now time.Time) (rest []ledger.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		name, is := passiveName(r.ID)
		if !is {
			rest = append(rest, r)
			continue
		}
		c := p.checkLocked(r.ID, name, r.Labels)
		c.records[r.ID], c.checked = r, now
		p.checks[r.ID] = c
	}
	return rest
}

func (p *passive) alerts(d *desk, started, now time.Time) []metric.Alert {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []metric.Alert
	for _, id := range slices.Sorted(maps.Keys(p.checks)) {
		all = append(all, p.checks[id].alerts(d, started, now)...)
	}
	return all
}

// count is the number of checks.
func (p *passive) count() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(len(p.checks))
}

var (
	errTooManyChecks = errors.New("too many passive checks")
	errLate          = errors.New("a later result is there")
)
