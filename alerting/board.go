package alerting

import (
	"sync"
	"time"

	"plimsoll/alerting/depend"
	"plimsoll/alerting/quorum"
	"plimsoll/internal/metric"
)

// board is what all alerts were at one instant, for what is judged by others:
// services and dependencies. It does not change.
type board struct {
	alerts   []quorum.Alert // that are not ok
	checks   []string       // the names of all
	reach    *depend.View
	down     map[string]bool // instances with an alert of class up/down that is hard
	services []seenService
}

// seenService is a service as its last look found it.
type seenService struct {
	*quorum.Service
	finding quorum.Finding
}

// boards holds the present board.
type boards struct {
	mu  sync.Mutex // guards now
	now *board
}

func newBoards() *boards { return &boards{now: &board{}} }

func (b *boards) present() *board {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *boards) put(now *board) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

// survey writes down what all alerts are.
func (e *Engine) survey(g *depend.Graph) *board {
	b := &board{down: map[string]bool{}}
	for _, u := range e.current() {
		if u.rule == nil && u.service == nil {
			b.checks = append(b.checks, u.name)
		}
		if u.service != nil {
			b.services = append(b.services, seenService{u.service.Service, u.service.seen()})
		}
		b.alerts = append(b.alerts, u.troubles()...)
	}
	b.alerts = append(b.alerts, e.passive.troubles()...)
	var down []depend.Alert
	for _, a := range b.alerts {
		if a.Class == metric.UpDown {
			down = append(down, depend.Alert{Labels: a.Labels, Hard: a.Hard})
			b.down[a.Labels[instanceLabel]] = a.Hard || b.down[a.Labels[instanceLabel]]
		}
	}
	b.reach = g.Judge(down)
	return b
}

// troubles are the alerts of u that are not ok.
func (u *unit) troubles() (all []quorum.Alert) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range u.records {
		if r.State.Bad() {
			all = append(all, quorum.Alert{Unit: u.key, Name: u.name, Labels: matchable(u, r), Hard: r.State.Firing(), Class: u.class})
		}
	}
	return all
}

func (p *passive) troubles() (all []quorum.Alert) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.checks {
		if r := c.records[c.key]; r.State.Bad() {
			all = append(all, quorum.Alert{Unit: c.key, Name: c.name, Labels: matchable(&c.unit, r), Hard: r.State.Firing(), Class: c.class})
		}
	}
	return all
}

// others are the alerts of all but one unit. A check may have the name of a service
// that it is a member of.
func (b *board) others(key string) []quorum.Alert {
	all := make([]quorum.Alert, 0, len(b.alerts))
	for _, a := range b.alerts {
		if a.Unit != key {
			all = append(all, a)
		}
	}
	return all
}

// service is what a unit that judges members has besides.
type service struct {
	*quorum.Service

	mu      sync.Mutex // guards what follows
	finding quorum.Finding
	stored  time.Time // when the members that are known were last kept
}

func (s *service) seen() quorum.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finding
}
