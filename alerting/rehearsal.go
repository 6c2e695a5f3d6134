package alerting

import (
	"context"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Stage is the world of a Rehearsal: all that an engine looks at and talks to.
// Its methods are called from many goroutines.
type Stage interface {
	metric.Querier
	// Now is the instant of the step under way.
	Now() time.Time
	// Probe is what a look of a check finds; with false the check looks itself, as
	// is right for those that ask the Querier alone.
	Probe(check string) (check.Result, bool)
	// Deliver takes a message over, or says why not: with notify.ErrFinal for good.
	Deliver(contact, route string, m notify.Message) error
}

// Rehearsal is the whole engine, with its ledger, at instants of the caller's.
// Nothing goes out: the stage takes what contacts are told, and no heartbeat is
// sent. It is not Run; closed and begun again in the same directory, it goes on as
// the service does over a restart.
type Rehearsal struct {
	*Engine
	waits bool // a message may be in the outbox, though nothing was put there since
}

// Rehearse opens an engine on a stage, with its ledger in dir.
func Rehearse(dir string, c Config, s Stage) (*Rehearsal, error) {
	c.Dir, c.Querier, c.Clock, c.stage = dir, s, s.Now, s
	e, err := Open(c)
	if err != nil {
		return nil, err
	}
	return &Rehearsal{e, true}, nil
}

// Step does all that is due at an instant, which is not before that of the step
// before it, and waits for it. What a look brings is told in the same step; what
// waits for its time, to be joined or tried again, goes at whole five seconds.
func (r *Rehearsal) Step(ctx context.Context, now time.Time) {
	r.tick(ctx, now)
	r.takeIn(ctx, now)
	r.settleOrders(ctx, now)
	r.looks.Wait()
	if r.desk.wake(now) {
		r.reconcile(ctx, now)
	}
	for due := r.waits && now.Unix()%5 == 0; due || r.flight.wake(); due = false {
		r.dispatch(ctx, now)
		r.sends.Wait()
		n, err := r.ledger.Queued(ctx)
		r.waits = err != nil || n > 0
	}
}

// audience is the way to a contact on a stage.
type audience struct {
	stage   Stage
	contact string
}

// Send implements transport.
func (a audience) Send(_ context.Context, route string, m notify.Message) error {
	return a.stage.Deliver(a.contact, route, m)
}

// playing is how a check looks: as a stage has it, if there is one and it does.
func playing(by Stage, name string, probe func(context.Context) check.Result) func(context.Context) check.Result {
	if by == nil {
		return probe
	}
	return func(ctx context.Context) check.Result {
		if found, is := by.Probe(name); is {
			return found
		}
		return probe(ctx)
	}
}
