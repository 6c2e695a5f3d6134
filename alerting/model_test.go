package alerting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/alerting/check"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

// The model is the engine with all taken out that time and luck have a part in:
// one check, whose first bad result is hard, told to ops at once and to boss
// when nobody takes care, over the real policy. What the ledger promises is
// written here a second time, as plainly as can be, and TestModelIsTheEngine
// holds the two together. TestEveryInterleaving then looks at all that can
// happen in eight actions.

// actions are what may happen. Each is followed by actionTime, in which an
// acknowledgement runs out with the third, and a reminder is due.
var actions = []string{
	"problem", "recover", "flap", "ack", "unack", "downtime", "back", "restart", "ops down", "ops up", "nothing",
}

const actionTime = 25 * time.Second

func modelConfig() Config {
	c := Default()
	c.DefaultRules = false
	web := tcpCheck("web")
	web.MaxAttempts, web.Interval, web.RetryInterval, web.Severity = 1, time.Second, time.Second, metric.Critical
	c.Checks = []check.Config{web}
	c.Contacts = []notify.Contact{hook("boss"), hook("ops")}
	c.Routes = []policy.Route{{
		Contacts: []string{"ops"}, RemindEvery: time.Minute, Escalate: []policy.Step{{After: 40 * time.Second, Contacts: []string{"boss"}}},
	}}
	c.Acknowledge.Critical = time.Minute
	return c
}

// row is a message of the model.
type row struct {
	contact, word string
	due           int64 // second
	attempts      int
}

// model is a value: a copy of it goes its own way. Times are seconds from epoch.
type replica struct {
	now                int64
	bad, held, opsDown bool
	hard               bool
	telling            policy.Telling
	ack                *policy.Ack
	rows               []row // queued, by number
	told               map[string]bool
	wrong              string // the first thing that must not be
	sent               []string
}

func newModel() replica { return replica{told: map[string]bool{}} }

func (m replica) clone() replica {
	m.telling.Told = slices.Clone(m.telling.Told)
	m.rows = slices.Clone(m.rows)
	m.told = maps.Clone(m.told)
	m.sent = slices.Clone(m.sent)
	return m
}

func (m *replica) instant() time.Time { return epoch.Add(time.Duration(m.now) * time.Second) }

// do is one action with the time after it.
func (m *replica) do(p *policy.Policy, action string) {
	switch action {
	case "problem", "flap":
		m.bad = true
	case "recover":
		m.bad = false
	case "ack":
		if m.hard {
			m.ack = &policy.Ack{By: "ops", At: m.instant(), Until: m.instant().Add(time.Minute), Severity: metric.Critical}
		}
	case "unack":
		m.ack = nil
	case "downtime", "back":
		m.held = action == "downtime"
	case "ops down", "ops up":
		m.opsDown = action == "ops down"
	}
	for i := range int64(actionTime / time.Second) {
		if action == "flap" && i == 2 {
			m.bad = false
		}
		m.second(p)
	}
}

// second is what the engine does in one: look, plan, send.
func (m *replica) second(p *policy.Policy) {
	stored := false
	if m.hard && !m.bad {
		m.hard, m.telling, m.ack, stored = false, policy.Telling{}, nil, true
		for _, contact := range m.recipients() {
			m.rows = append(m.rows, row{contact, "recovery", m.now, 0})
		}
	} else if m.bad && !m.hard {
		m.hard, stored = true, true
		m.told["begun"] = true
	}
	if m.hard {
		stored = m.plan(p) || stored
	}
	for due := stored || (epoch.Unix()+m.now)%5 == 0; due; {
		due = m.send()
	}
	m.now++
}

func (m *replica) plan(p *policy.Policy) bool {
	c := policy.Case{Labels: map[string]string{}, Severity: metric.Critical, Telling: m.telling, Ack: m.ack}
	if m.held {
		c.Holds = []policy.Hold{{Kind: "downtime"}}
	}
	plan := p.Plan(c, m.instant())
	m.telling = plan.Telling
	quiet := m.held || m.ack.Holds(metric.Critical, m.instant())
	for _, t := range plan.Tells {
		if quiet {
			m.blame("somebody is told while nobody is to be")
		}
		for _, contact := range t.Contacts {
			word := "problem"
			if t.Number > 0 {
				word = "update"
			}
			m.rows = append(m.rows, row{contact, word, m.now, 0})
		}
	}
	if !quiet && !slices.Contains(m.telling.Told, "ops") {
		m.blame("it is bad, nothing holds it back, and ops is not told")
	}
	return plan.Changed
}

// recipients are those who were or are to be told of the present episode.
func (m *replica) recipients() (all []string) {
	for _, contact := range []string{"boss", "ops"} {
		knows := m.told[contact]
		for _, r := range m.rows {
			if r.contact == contact {
				knows = r.word != "recovery"
			}
		}
		if knows {
			all = append(all, contact)
		}
	}
	return all
}

// send tries the oldest row of each contact, and reports whether anything came
// of it, so that the next may go.
func (m *replica) send() (came bool) {
	for _, contact := range []string{"boss", "ops"} {
		i := slices.IndexFunc(m.rows, func(r row) bool { return r.contact == contact })
		if i < 0 || m.rows[i].due > m.now {
			continue
		}
		came = true
		if contact == "ops" && m.opsDown {
			m.rows[i].due = m.now + int64(backoff(m.rows[i].attempts)/time.Second)
			m.rows[i].attempts++
			continue
		}
		m.receive(m.rows[i])
		m.rows = slices.Delete(m.rows, i, i+1)
	}
	return came
}

// receive holds what arrives to the invariant.
func (m *replica) receive(r row) {
	switch knows := m.told[r.contact]; {
	case r.word == "problem" && knows:
		m.blame(r.contact + " is told twice of a begin")
	case r.word != "problem" && !knows:
		m.blame(r.contact + " is told of a " + r.word + " without a begin")
	}
	m.told[r.contact] = r.word != "recovery"
	m.sent = append(m.sent, r.contact+" "+r.word+" web")
}

func (m *replica) blame(what string) {
	if m.wrong == "" {
		m.wrong = what
	}
}

// heal lets everything become well, and looks at what is left.
func (m *replica) heal(p *policy.Policy) {
	for _, action := range []string{"recover", "back", "ops up"} {
		m.do(p, action)
	}
	for range 15 { // longer than any retry is put off
		m.do(p, "nothing")
	}
	for _, contact := range []string{"boss", "ops"} {
		if m.told[contact] {
			m.blame(contact + " never hears of the end")
		}
	}
	if len(m.rows) > 0 {
		m.blame("messages wait for ever")
	}
}

// key is equal for states that cannot be told apart by anything to come.
func (m *replica) key() string {
	var b strings.Builder
	ago := func(t time.Time) time.Duration {
		if t.IsZero() {
			return -time.Hour
		}
		return m.instant().Sub(t)
	}
	fmt.Fprint(&b, m.bad, m.held, m.opsDown, m.hard, m.told["ops"], m.told["boss"], (epoch.Unix()+m.now)%5)
	t := m.telling
	fmt.Fprint(&b, t.Told, ago(t.Clock), ago(t.Last), t.Quiet, min(t.Updates, 1))
	if m.ack != nil {
		fmt.Fprint(&b, " ack ", m.ack.Until.Sub(m.instant()))
	}
	for _, r := range m.rows {
		fmt.Fprint(&b, r.contact, r.word, r.due-m.now, min(r.attempts, 6))
	}
	return b.String()
}

func modelPolicy(t interface{ Fatal(...any) }) *policy.Policy {
	c := modelConfig()
	p, err := policy.New(c.Routes, []string{"boss", "ops"}, policy.Resolver{
		OnCall:    func(string, time.Time) (string, bool) { return "", false },
		Within:    func(string, time.Time) bool { return true },
		Reachable: func(string, time.Time) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryInterleaving follows all sequences of eight actions. Those that lead to
// the same state go on as one, since what is to come cannot tell them apart.
func TestEveryInterleaving(t *testing.T) {
	t.Parallel()
	const length = 8 // the requirement is 6
	type path struct {
		replica
		done []string
	}
	p := modelPolicy(t)
	level, seen, looked := []path{{replica: newModel()}}, map[string]bool{}, 0
	for depth := range length {
		var next []path
		for _, from := range level {
			for _, action := range actions {
				to := path{from.clone(), append(slices.Clone(from.done), action)}
				to.sent = nil
				to.do(p, action)
				looked++
				if key := to.key(); !seen[key] {
					seen[key] = true
					next = append(next, to)
					end := to.clone()
					end.heal(p)
					to.wrong = cmp.Or(to.wrong, end.wrong)
				}
				if to.wrong != "" {
					t.Fatalf("%q: %s", to.done, to.wrong)
				}
			}
		}
		t.Logf("after %d actions: %d states, %d transitions", depth+1, len(seen), looked)
		level = next
	}
	if len(seen) < 1000 {
		t.Errorf("only %d states: what should branch does not", len(seen))
	}
}

// TestModelIsTheEngine leads the model and a real engine with its ledger through
// the same life: the same messages come from both, in the same order for each
// contact.
func TestModelIsTheEngine(t *testing.T) {
	t.Parallel()
	p := modelPolicy(t)
	rapid.Check(t, func(rt *rapid.T) {
		life := rapid.SliceOfN(rapid.SampledFrom(actions), 1, 40).Draw(rt, "life")
		same(t, rt, p, life)
	})
}

// TestModelIsTheEngineForLong is TestModelIsTheEngine over 200 actions.
func TestModelIsTheEngineForLong(t *testing.T) {
	t.Parallel()
	p := modelPolicy(t)
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 0))
		life := make([]string, 200)
		for i := range life {
			life[i] = actions[random.IntN(len(actions))]
		}
		same(t, t, p, life)
	}
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

func same(t *testing.T, rt tester, p *policy.Policy, life []string) {
	w, dir, c := newWorld(), t.TempDir(), modelConfig()
	e := w.open(t, dir, c)
	e.units[0].schedule.phase = 0
	m := newModel()
	for _, action := range append(life, "recover", "back", "ops up") {
		m.do(p, action)
		if action == "restart" {
			e.Close()
			e = w.open(t, dir, c)
			e.units[0].schedule.phase = 0
		}
		w.act(rt, e, action)
	}
	e.Close()
	if m.wrong != "" {
		rt.Errorf("the model: %s", m.wrong)
	}
	for _, contact := range []string{"ops", "boss"} {
		of := func(all []string) (own []string) {
			for _, s := range all {
				if strings.HasPrefix(s, contact+" ") {
					own = append(own, s)
				}
			}
			return own
		}
		if diff := gocmp.Diff(of(m.sent), of(w.got)); diff != "" {
			rt.Errorf("%s, model and engine: %s", contact, diff)
		}
	}
}

// act is an action of the model in the world of an engine.
func (w *world) act(t tester, e *Engine, action string) {
	must := func(err error) {
		if err != nil && !errors.Is(err, ErrNoAlert) {
			t.Fatal(err)
		}
	}
	w.set(action)
	switch action {
	case "ack":
		must(e.Acknowledge(t.Context(), "check/web", Acknowledgement{By: "ops"}))
	case "unack":
		must(e.Unacknowledge(t.Context(), "check/web", "ops"))
	case "downtime":
		set, err := match.Parse(`alertname="web"`)
		must(err)
		_, err = e.PutHold(t.Context(), hold.Hold{Kind: hold.Downtime, Match: set, Until: w.clock().Add(24 * time.Hour), By: "ops"})
		must(err)
	case "back":
		for _, h := range e.Holds() {
			must(e.EndHold(t.Context(), h.ID, "ops"))
		}
	}
	for i := range int64(actionTime / time.Second) {
		if action == "flap" && i == 2 {
			w.set("recover")
		}
		w.step(t.Context(), e, w.clock())
		w.mu.Lock()
		w.now = w.now.Add(time.Second)
		w.mu.Unlock()
	}
}

func (w *world) set(action string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch action {
	case "problem", "flap":
		w.up = false
	case "recover":
		w.up = true
	case "ops down":
		w.down["ops"] = errors.New("no answer")
	case "ops up":
		w.down["ops"] = nil
	}
}
