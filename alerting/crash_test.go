package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

var errDead = errors.New("the process is dead")

// dying is a store whose process dies at one of its operations: before it is
// done, or after, before the engine hears of it.
type dying struct {
	store
	mu     sync.Mutex
	ops    int // so far, reads not counted
	dieAt  int // 0: never
	after  bool
	dead   bool
	diedAt string
	lost   map[string]bool // operations that were not done
}

func (d *dying) op(name string, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		d.lost[name] = true
		return errDead
	}
	d.ops++
	if d.ops != d.dieAt {
		return do()
	}
	d.dead, d.diedAt = true, name
	if !d.after {
		d.lost[name] = true
		return errDead
	}
	return errors.Join(do(), errDead)
}

func (d *dying) Commit(ctx context.Context, steps []ledger.Step) error {
	if len(steps) == 0 {
		return nil
	}
	return d.op("commit", func() error { return d.store.Commit(ctx, steps) })
}

func (d *dying) Bind(ctx context.Context, x ledger.Delivery, at time.Time) error {
	return d.op("bind", func() error { return d.store.Bind(ctx, x, at) })
}

func (d *dying) Sent(ctx context.Context, x ledger.Delivery, at time.Time) error {
	return d.op("sent "+x.To.Contact+" "+string(x.Message.Event)+" "+x.Message.Name, func() error { return d.store.Sent(ctx, x, at) })
}

func (d *dying) Failed(ctx context.Context, x ledger.Delivery, at time.Time, why error) error {
	return d.op("failed", func() error { return d.store.Failed(ctx, x, at, why) })
}

func (d *dying) Retry(ctx context.Context, x ledger.Delivery, due time.Time, why error) error {
	return d.op("retry", func() error { return d.store.Retry(ctx, x, due, why) })
}

func (d *dying) PutHappenings(ctx context.Context, events []metric.Event, within time.Duration) error {
	return d.op("events", func() error { return d.store.PutHappenings(ctx, events, within) })
}

func (d *dying) isDead() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.dead }

// ghost keeps a dead process from sending.
type ghost struct {
	transport
	d *dying
}

func (g ghost) Send(ctx context.Context, route string, m notify.Message) error {
	if g.d.isDead() {
		return errDead
	}
	return g.transport.Send(ctx, route, m)
}

// TestCrashAtEveryWrite lets the process die at each operation of the ledger in
// turn, and looks at all messages of the run and of the run after the restart:
// each once and in order. Only those whose acceptance the dead process did not
// get to note may come twice.
func TestCrashAtEveryWrite(t *testing.T) {
	total := crashRun(t, 0, false)
	if total < 12 {
		t.Fatalf("the workload writes only %d times", total)
	}
	for n := 1; n <= total; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d after %v", n, after), func(t *testing.T) {
				t.Parallel()
				crashRun(t, n, after)
			})
		}
	}
}

func crashRun(t *testing.T, dieAt int, after bool) (ops int) {
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{{
		Name: "web", TCP: &check.TCP{Address: "web:80"}, Interval: 5 * time.Second,
		RetryInterval: time.Second, MaxAttempts: 2,
	}}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", For: 3 * time.Second, Interval: time.Second}}
	for _, name := range []string{"ops", "late"} {
		c.Contacts = append(c.Contacts, notify.Contact{Name: name, Webhook: &notify.Webhook{URL: "http://x/"}})
	}
	// What mail is told is joined, and bound before it is sent.
	c.Contacts = append(c.Contacts, notify.Contact{Name: "mail", Email: &notify.Email{
		To: []string{"ops@example.org"}, From: "plimsoll@example.org", SMTP: "mail:25",
	}})
	c.Grouping.By, c.Grouping.Wait, c.Grouping.MaxWait = []string{match.Class}, 4*time.Second, 8*time.Second
	w, dir := newWorld(), t.TempDir()
	d := &dying{dieAt: dieAt, after: after, lost: map[string]bool{}}
	e := w.open(t, dir, c)
	haunt(e, d)
	w.down["late"] = errors.New("no answer")
	for i := range 60 {
		w.change(i)
		w.report(t, e, i)
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
		if e.store == d && d.isDead() {
			e.Close()
			e = w.open(t, dir, c)
		}
	}
	if dieAt > 0 && !d.isDead() {
		t.Errorf("operation %d never came", dieAt)
	}
	if n, err := e.ledger.Queued(t.Context()); n != 0 || err != nil {
		t.Errorf("%d messages are still queued, error %v", n, err)
	}
	e.Close()
	exactlyOnce(t, w.got, d)
	return d.ops
}

// change is the workload, by second.
func (w *world) change(second int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch second {
	case 0:
		w.series[`up{instance="a"}`] = 1
	case 5:
		w.series[`up{instance="a"}`] = 0
		w.up = false
	case 15:
		w.down["late"] = nil
	case 35:
		w.series[`up{instance="a"}`] = 1
		w.up = true
	}
}

// report is what an application says of itself: each second how it is, and once
// what it did.
func (w *world) report(t *testing.T, e *Engine, second int) {
	r := metric.CheckResult{Name: "app", Host: "web1", State: metric.OK}
	if second >= 7 && second < 37 {
		r.State = metric.Critical
	}
	if err := e.PutCheck(t.Context(), r); err != nil {
		t.Error(err)
	}
	if second == 11 {
		if err := e.PutEvent(t.Context(), metric.Event{Title: "deployed"}); err != nil {
			t.Error(err)
		}
	}
}

func haunt(e *Engine, d *dying) {
	d.store = e.store
	e.store = d
	for name, s := range e.senders {
		e.senders[name] = ghost{s, d}
	}
}

func exactlyOnce(t *testing.T, got []string, d *dying) {
	t.Helper()
	at := map[string][]int{}
	for i, m := range got {
		for _, part := range parts(m) {
			at[part] = append(at[part], i)
		}
	}
	for _, contact := range []string{"ops", "late", "mail"} {
		for _, name := range []string{"web", "Down", "app"} {
			p, r := contact+" problem "+name, contact+" recovery "+name
			for _, m := range []string{p, r} {
				most := 1
				if d.lost["sent "+m] || contact == "mail" && d.lostMail() {
					most = 2
				}
				if n := len(at[m]); n < 1 || n > most {
					t.Errorf("died at %q: %q came %d times, want 1 to %d", d.diedAt, m, n, most)
				}
			}
			if len(at[p]) > 0 && len(at[r]) > 0 && at[p][len(at[p])-1] > at[r][0] {
				t.Errorf("died at %q: the recovery came before the problem: %q", d.diedAt, got)
			}
			delete(at, p)
			delete(at, r)
		}
	}
	if len(at) > 0 {
		t.Errorf("messages that nobody expects: %v", at)
	}
}

// parts are the messages that m, as a contact got it, was made of.
func parts(m string) []string {
	contact, rest, _ := strings.Cut(m, " ")
	if !strings.HasPrefix(rest, "[") {
		return []string{m}
	}
	all := strings.Split(strings.Trim(rest, "[]"), "; ")
	for i := range all {
		all[i] = contact + " " + all[i]
	}
	return all
}

// lostMail reports whether the dead process did not get to note a mail.
func (d *dying) lostMail() bool {
	for op := range d.lost {
		if strings.HasPrefix(op, "sent mail ") {
			return true
		}
	}
	return false
}
