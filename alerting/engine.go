package alerting

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// store is what the engine needs of the ledger; tests break it.
type store interface {
	Commit(ctx context.Context, steps []ledger.Step) error
	Due(ctx context.Context, now time.Time, folding func(ledger.Address) ledger.Folding) ([]ledger.Delivery, error)
	Bind(ctx context.Context, d ledger.Delivery, at time.Time) error
	Sent(ctx context.Context, d ledger.Delivery, at time.Time) error
	Failed(ctx context.Context, d ledger.Delivery, at time.Time, why error) error
	Retry(ctx context.Context, d ledger.Delivery, due time.Time, why error) error
	FallOver(ctx context.Context, d ledger.Delivery, since, at time.Time, others []ledger.Address) error
	PutHappenings(ctx context.Context, events []metric.Event, within time.Duration) error
}

// orderStore is what event handlers need of the ledger; tests break it.
type orderStore interface {
	HandOrder(ctx context.Context, id, process string, at time.Time) (bool, error)
	EndOrder(ctx context.Context, o handler.Order, line metric.AlertEvent) (bool, error)
}

// transport brings a message to a route of a contact.
type transport interface {
	Send(ctx context.Context, route string, m notify.Message) error
}

// Engine looks, judges, remembers and tells. See the package comment.
type Engine struct {
	cfg     Config
	ledger  *ledger.Ledger
	store   store // the ledger
	metrics *metrics
	started time.Time
	passive *passive
	intake  *intake
	desk    *desk
	boards  *boards
	hosts   *roster
	told    bell // rung when events are kept

	looks, sends sync.WaitGroup // the goroutines of each kind; Run waits for both

	reload sync.Mutex // held by Reload: one at a time; guards given
	given  Config     // as it was given last

	mu sync.RWMutex // guards what follows
	works
	running chan struct{} // closed by Run when it returns; nil before Run
	limits  limits

	changed bell // rung at every change of an alert, of the history, of the configuration

	handling    handling
	orders      orderStore // the ledger
	alertSeries quota

	flight  flight
	repeats repeats
	health  health
	pulse   pulse
}

// Open opens the ledger in c.Dir and takes up every alert where it stood.
func Open(c Config) (*Engine, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	if c.Querier == nil {
		return nil, errors.New("alerting: BUG: no Querier")
	}
	given := c
	now := instant(c.withDefaults().Clock())
	l, err := ledger.Open(c.Dir, now)
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	e, err := open(given, l, now)
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", errors.Join(err, l.Close()))
	}
	return e, nil
}

// open is Open with a ledger.
func open(given Config, l *ledger.Ledger, now time.Time) (*Engine, error) {
	c := given
	var err error
	if c.noisy, err = noisyRules(context.Background(), l); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	m := newMetrics()
	c.artist = newArtist(c, m)
	seen, hosts := newBoards(), &roster{list: c.Hosts}
	made, err := build(c, m, seen, hosts)
	if err != nil {
		return nil, err
	}
	d, err := openDesk(l, c)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: c, given: given, ledger: l, store: l, metrics: m, started: now,
		limits: limitsOf(c, limits{}), flight: newFlight(), repeats: newRepeats(), health: newHealth(), passive: newPassive(c), intake: newIntake(), desk: d, boards: seen, hosts: hosts,
		told: newBell(), changed: newBell(), handling: newHandling(), orders: l,
	}
	e.handling.configure(c.Handlers)
	e.pulse.configure(c)
	e.equip(made.units)
	if err := errors.Join(e.takeUp(made, now), e.loadOrders(context.Background(), now)); err != nil {
		return nil, err
	}
	e.metrics.register(c.Registerer, e.queued, e.passive.count)
	if l.SetAside != "" {
		e.metrics.damaged.Inc()
		c.Logger.Error("alerting: the database could not be read; began a new one", "set_aside", l.SetAside)
	}
	return e, nil
}

// works are what a configuration makes of itself.
type works struct {
	units   []*unit  // in the order of the configuration; those of groups last
	groups  []*group // of rule files
	senders map[string]transport
}

// build makes all of a configuration, or nothing.
func build(c Config, m *metrics, b *boards, hosts *roster) (works, error) {
	var units []*unit
	add := func(u *unit, contacts []string) {
		u.contacts, u.url = contacts, c.DashboardURL
		units = append(units, u)
	}
	means := check.Means{Dialer: c.Dialer, Querier: c.Querier, Clock: c.Clock}
	for _, k := range c.Checks {
		add(newCheckUnit(k, means, c.stage), k.Contacts)
	}
	for _, k := range c.Rules {
		u, err := newRuleUnit(k, c.Querier, hosts)
		if err != nil {
			return works{}, fmt.Errorf("rule %s: %w", k.Name, err)
		}
		add(u, k.Contacts)
	}
	for _, k := range c.Services {
		u, err := newServiceUnit(k, c.Querier, b)
		if err != nil {
			return works{}, fmt.Errorf("service %s: %w", k.Name, err)
		}
		add(u, k.Contacts)
	}
	groups, err := newGroups(c)
	if err != nil {
		return works{}, err
	}
	for _, u := range unitsOf(groups) {
		add(u, nil)
	}
	senders := map[string]transport{}
	for _, k := range c.Contacts {
		senders[k.Name] = newSender(k, c, m)
	}
	return works{units, groups, senders}, nil
}

// newSender returns the way to a contact.
func newSender(k notify.Contact, c Config, m *metrics) transport {
	if c.stage != nil {
		return audience{c.stage, k.Name}
	}
	return notify.NewSender(k, notify.Options{
		Dialer: c.Dialer, Clock: c.Clock, Picture: c.artist.picture, TemplateFailed: func(err error) {
			m.templates.WithLabelValues(k.Name).Inc()
			c.Logger.Warn("alerting: template not used", "contact", k.Name, "err", err)
		},
	})
}

// takeUp gives the units their alerts from the ledger, and ends those that
// belong to no unit any more.
func (e *Engine) takeUp(made works, now time.Time) error {
	records, err := e.ledger.Records(context.Background())
	if err != nil {
		return err
	}
	orphans := adopt(made.units, e.passive.adopt(records, now))
	if err := e.store.Commit(context.Background(), removals(orphans, now)); err != nil {
		return err
	}
	e.works = made
	return nil
}

// adopt gives each record to the unit it belongs to and returns the rest.
func adopt(units []*unit, records []ledger.Record) (orphans []ledger.Record) {
	byKey := make(map[string]*unit, len(units))
	for _, u := range units {
		byKey[u.key] = u
	}
	for _, r := range records {
		if u := byKey[r.Source]; u != nil {
			u.records[r.ID] = r
		} else {
			orphans = append(orphans, r)
		}
	}
	return orphans
}

func removals(orphans []ledger.Record, now time.Time) []ledger.Step {
	steps := make([]ledger.Step, 0, len(orphans))
	for _, r := range orphans {
		steps = append(steps, remove(r, now))
	}
	return steps
}

// instant is t as the ledger keeps it: UTC, whole milliseconds, wall clock.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
