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
	url    string // of the dashboard
	checks map[string]*reported

	// What follows is Run's own.
	lookedAt, putAt time.Time
	warnedAt        time.Time // the log was told of the limit
	putting         chan struct{}
}

// reported is one passive check.
type reported struct {
	unit
	freshness time.Duration
	stamp     time.Time // the latest that its sender gave
	silent    int       // looks in a row that found it silent while it was well
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
	p.given, p.url = c.Passive, c.DashboardURL
	for _, r := range p.checks {
		p.fitLocked(r)
	}
}

// fitLocked gives a check what the configuration says of its name.
func (p *passive) fitLocked(r *reported) {
	terms := p.given.of(r.name)
	r.freshness, r.severity, r.maxAttempts = terms.Freshness, terms.Severity, terms.MaxAttempts
	r.policy = state.Policy{MaxAttempts: terms.MaxAttempts, NoData: looksIn(terms.NoData, p.lookEvery())}.
		WithFlapping(p.given.Flapping, 0)
	r.contacts, r.url = terms.Contacts, p.url
}

// lookEvery is how often silence is looked for.
func (p *passive) lookEvery() time.Duration {
	least := p.given.Freshness
	for _, k := range p.given.Checks {
		if k.Freshness > 0 {
			least = min(least, k.Freshness)
		}
	}
	return min(max(least/10, time.Second), time.Minute)
}

// checkLocked makes a check without a state.
func (p *passive) checkLocked(id, name string, labels map[string]string) *reported {
	r := &reported{unit: unit{key: id, name: name, labels: labels, class: metric.UpDown, records: map[string]ledger.Record{}}}
	p.fitLocked(r)
	return r
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
