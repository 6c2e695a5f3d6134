package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
	"plimsoll/internal/orders"
)

// dyingOrders is the part of a dying store that event handlers need.
type dyingOrders struct {
	orderStore
	d *dying
}

func (o dyingOrders) HandOrder(ctx context.Context, id, process string, at time.Time) (was bool, err error) {
	err = o.d.op("hand", func() (err error) { was, err = o.orderStore.HandOrder(ctx, id, process, at); return err })
	return was, err
}

func (o dyingOrders) EndOrder(ctx context.Context, order handler.Order, line metric.AlertEvent) (was bool, err error) {
	err = o.d.op("end", func() (err error) { was, err = o.orderStore.EndOrder(ctx, order, line); return err })
	return was, err
}

// TestHandlerAndCrashAtEveryWrite lets the server die at each operation of the ledger
// in turn, while an agent goes on asking: the handler is run exactly once, its result
// is heard, and nobody is told.
func TestHandlerAndCrashAtEveryWrite(t *testing.T) {
	total := handlerCrash(t, 0, false, false)
	if total < 4 {
		t.Fatalf("the workload writes only %d times", total)
	}
	for n := 1; n <= total; n++ {
		for _, after := range []bool{false, true} {
			for _, agentToo := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d after %v, agent too %v", n, after, agentToo), func(t *testing.T) {
					t.Parallel()
					handlerCrash(t, n, after, agentToo)
				})
			}
		}
	}
}

// handlerCrash has the server die at an operation, and the agent of the host with it if
// agentToo: all that it knew is then gone.
func handlerCrash(t *testing.T, dieAt int, after, agentToo bool) (ops int) {
	c := tended()
	c.Checks[0].MaxAttempts = 100
	c.Handlers.AnswerWithin = 20 * time.Second
	dir, w := t.TempDir(), newWorld()
	d := &dying{dieAt: dieAt, after: after, lost: map[string]bool{}}
	e := w.open(t, dir, c)
	haunt(e, d)
	e.orders = dyingOrders{e.orders, d}
	a := &restarter{t: t, w: w, process: "p1"}
	for i := range 90 {
		if i == 5 {
			w.mu.Lock()
			w.up = false
			w.mu.Unlock()
		}
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
		a.ask(e)
		if e.store == d && d.isDead() {
			e.Close()
			e = w.open(t, dir, c)
			if agentToo {
				*a = restarter{t: t, w: w, process: "p2", runs: a.runs}
			}
		}
	}
	defer e.Close()
	if dieAt > 0 && !d.isDead() {
		t.Errorf("operation %d never came", dieAt)
	}
	if a.runs > 1 || a.runs == 0 && !agentToo {
		t.Errorf("died at %q: run %d times", d.diedAt, a.runs)
	}
	if got := w.take(); len(got) > 0 {
		t.Errorf("died at %q: somebody was told: %q", d.diedAt, got)
	}
	all, err := e.ledger.Orders(t.Context(), epoch)
	for _, o := range all {
		if o.Open() || !agentToo && o.Status != handler.Done {
			t.Errorf("died at %q: %s %+v", d.diedAt, &o, o)
		}
	}
	if err != nil || len(all) != 1 {
		t.Errorf("died at %q: %d orders, %v", d.diedAt, len(all), err)
	}
	return d.ops
}

// restarter is an agent whose command brings the service back.
type restarter struct {
	t       *testing.T
	w       *world
	process string
	seen    []string
	answers []orders.Answer
	runs    int
}

// ask fetches an order, runs it unless it was seen before, and gives its answers until
// they are taken.
func (a *restarter) ask(e *Engine) {
	ctx, cancel := context.WithCancel(a.t.Context())
	cancel()
	var have []string
	for _, x := range a.answers {
		have = append(have, x.ID)
	}
	o, is, err := e.Take(ctx, orders.Ask{Instance: "web3", Process: a.process, Handlers: []string{"restart-nginx"}, Have: have})
	if is && err == nil && !strings.Contains(strings.Join(a.seen, " "), o.ID) {
		a.seen = append(a.seen, o.ID)
		a.runs++
		a.w.mu.Lock()
		a.w.up = true
		a.w.mu.Unlock()
		a.answers = append(a.answers, orders.Answer{ID: o.ID, Instance: "web3", Process: a.process, Status: orders.Done})
	}
	var left []orders.Answer
	for _, x := range a.answers {
		err := e.Answer(a.t.Context(), x)
		if err != nil && !errors.Is(err, orders.ErrClosed) && !errors.Is(err, orders.ErrUnknown) {
			left = append(left, x)
		}
	}
	a.answers = left
}

// Checks that fail at the same instant share the budget of the farm: however they are
// looked at side by side, no more is ordered.
func TestFarmBudgetHoldsSideBySide(t *testing.T) {
	c := tended()
	one := c.Checks[0]
	c.Checks = nil
	for i := range 40 {
		k := one
		k.Name, k.Labels, k.MaxAttempts = fmt.Sprint("web", i), map[string]string{"host": fmt.Sprint("web", i)}, 100
		c.Checks = append(c.Checks, k)
	}
	c.Contacts = []notify.Contact{hook("ops")}
	d := newTending(t, c)
	d.service(false)
	d.seconds(4)
	all, err := d.e.ledger.Orders(t.Context(), epoch)
	if err != nil || len(all) != 10 {
		t.Errorf("%d orders, %v", len(all), err)
	}
	if n := strings.Count(strings.Join(d.lines(), "\n"), "10 runs of handlers on all hosts in the last hour are the limit"); n != 30 {
		t.Errorf("%d times not tried", n)
	}
}

// What a commit left in doubt is read again, and no place in a budget is lost by it.
func TestOrdersOfFailedCommits(t *testing.T) {
	c := tended()
	c.Checks[0].MaxAttempts = 100
	d := newTending(t, c)
	good := d.e.store
	d.e.store = full{good}
	d.service(false)
	d.seconds(30)
	if all, err := d.e.ledger.Orders(t.Context(), epoch); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
	d.e.store = good
	d.take() // the agent is there
	d.seconds(5)
	if _, is := d.take(); !is {
		t.Error("no order once the ledger is back")
	}
	var wait sync.WaitGroup
	for range 8 { // the same order is asked for side by side
		wait.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if o, is, err := d.e.Take(ctx, orders.Ask{Instance: "web3", Process: "p9", Handlers: []string{"restart-nginx"}}); is || err != nil {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
	wait.Wait()
}

// full is a store on a disk that is.
type full struct{ store }

func (full) Commit(context.Context, []ledger.Step) error { return errors.New("the disk is full") }
