package timeline

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting"
	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// world is the stage on which a story plays.
type world struct {
	*query.Engine // over memory
	memory        *query.Memory
	start         time.Time
	every         time.Duration
	looking       map[string]bool // checks that ask series

	mu      sync.Mutex // guards what follows
	now     time.Time
	broken  bool                    // queries fail
	scripts []*query.Script         // of load
	series  map[string]*standing    // that were set
	checks  map[string]check.Result // that were told of
	outage  *check.Result           // of all others
	hosts   map[string]bool         // and whether they report
	away    map[string]error        // contacts that are not reached
	heard   []message
}

// standing is a series with a value until it is dropped.
type standing struct {
	labels labels.Labels
	value  float64 // StaleNaN: dropped
	fresh  bool    // not stored yet
}

func newWorld(t *Timeline) *world {
	memory := query.NewMemory()
	w := &world{
		Engine: query.New(memory, query.Default()), memory: memory, start: t.start, every: t.every, now: t.start,
		looking: map[string]bool{}, series: map[string]*standing{}, checks: map[string]check.Result{},
		hosts: map[string]bool{}, away: map[string]error{},
	}
	for _, c := range t.config.Checks {
		w.looking[c.Name] = c.Agent != nil || c.Systemd != nil || c.Process != nil && c.Process.Group != ""
	}
	return w
}

var _ alerting.Stage = (*world)(nil)

var (
	errStoreDown = errors.New("the store does not answer")
	errNoAnswer  = errors.New("no answer")
)

// Query implements metric.Querier.
func (w *world) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	w.mu.Lock()
	broken := w.broken
	w.mu.Unlock()
	if broken {
		return metric.Result{}, errStoreDown
	}
	return w.Engine.Query(ctx, q)
}

// Now implements alerting.Stage.
func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Probe implements alerting.Stage.
func (w *world) Probe(name string) (check.Result, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if found, told := w.checks[name]; told {
		return found, true
	}
	if w.outage != nil {
		return *w.outage, true
	}
	return resultOf("up", ""), !w.looking[name]
}

// Deliver implements alerting.Stage.
func (w *world) Deliver(contact, _ string, m notify.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.away[contact]; err != nil {
		return err
	}
	w.heard = append(w.heard, messageOf(contact, m))
	return nil
}

// take returns what contacts were told since it was last asked.
func (w *world) take() []message {
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

// list is what the collector would know of hosts.
func (w *world) list() (all []metric.Host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for instance, up := range w.hosts {
		all = append(all, metric.Host{Instance: instance, Up: up})
	}
	return all
}

// advance moves the clock and stores what series are then.
func (w *world) advance(ctx context.Context, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
	for _, s := range w.scripts {
		s.Play(w.memory, now) // a rule that records the same was first: as in life
	}
	due := now.Sub(w.start)%w.every == 0
	var samples []metric.Sample
	for key, s := range w.series {
		if due || s.fresh {
			samples = append(samples, metric.Sample{Labels: s.labels, At: now.UnixMilli(), Value: s.value})
		}
		if s.fresh = false; value.IsStaleNaN(s.value) {
			delete(w.series, key)
		}
	}
	return w.memory.Put(ctx, samples)
}

// set gives a series a value, in the place of what was loaded for it.
func (w *world) set(lbls labels.Labels, v float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scripts = slices.DeleteFunc(w.scripts, func(s *query.Script) bool { return labels.Equal(s.Labels, lbls) })
	w.series[lbls.String()] = &standing{lbls, v, true}
}

func (w *world) drop(lbls labels.Labels) { w.set(lbls, math.Float64frombits(value.StaleNaN)) }

// change changes one of the other things.
func (w *world) change(f func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}
