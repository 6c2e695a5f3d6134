package alerting

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

var epoch = time.Unix(1_700_000_000, 0).UTC()

// world is what an engine under test looks at and talks to.
type world struct {
	mu     sync.Mutex
	now    time.Time
	series map[string]float64 // by labels; the PromQL of the tests is that of eval
	broken bool               // queries fail
	up     bool               // what checks connect to
	app    metric.Severity    // what an application says of itself; empty: nothing
	down   map[string]error   // contacts that cannot be reached
	hosts  map[string]bool    // those that should report, and whether they do
	got    []string           // "CONTACT EVENT NAME", as it arrived
}

func newWorld() *world {
	return &world{now: epoch, series: map[string]float64{}, up: true, down: map[string]error{}, hosts: map[string]bool{}}
}

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.got
	w.got = nil
	slices.Sort(got)
	return got
}

// Query knows a selector, and a comparison of one with a number.
func (w *world) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return metric.Result{}, errors.New("the store is away")
	}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr)
	if err != nil {
		return metric.Result{}, err
	}
	keep := func(float64) bool { return true }
	if cmp, ok := expr.(*parser.BinaryExpr); ok {
		level := cmp.RHS.(*parser.NumberLiteral).Val
		keep = map[parser.ItemType]func(float64) bool{
			parser.GTR: func(v float64) bool { return v > level }, parser.LSS: func(v float64) bool { return v < level },
			parser.EQLC: func(v float64) bool { return v == level },
		}[cmp.Op]
		expr = cmp.LHS
	}
	return metric.Result{Type: metric.Vector, Series: w.selectLocked(expr.(*parser.VectorSelector), keep, q.End)}, nil
}

func (w *world) selectLocked(sel *parser.VectorSelector, keep func(float64) bool, at time.Time) (out []metric.Series) {
	for text, v := range w.series {
		lbls, err := parser.NewParser(parser.Options{}).ParseMetric(text)
		if err != nil {
			panic(err)
		}
		match := keep(v)
		for _, m := range sel.LabelMatchers {
			match = match && m.Matches(lbls.Get(m.Name))
		}
		if match {
			out = append(out, metric.Series{Labels: lbls, Points: []metric.Point{{At: at.UnixMilli(), Value: v}}})
		}
	}
	return out
}

func (*world) Series(context.Context, metric.Selection) ([]labels.Labels, error) { return nil, nil }
func (*world) LabelNames(context.Context, metric.Selection) ([]string, error)    { return nil, nil }
func (*world) LabelValues(context.Context, string, metric.Selection) ([]string, error) {
	return nil, nil
}

// DialContext makes the world the network of the checks.
func (w *world) DialContext(context.Context, string, string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.up {
		return nil, errors.New("connection refused")
	}
	a, b := net.Pipe()
	b.Close()
	return a, nil
}

// mailer is the way to one contact.
type mailer struct {
	w       *world
	contact string
}

func (m mailer) Send(_ context.Context, _ string, msg notify.Message) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if err := m.w.down[m.contact]; err != nil {
		return err
	}
	text := word(msg) + " " + msg.Name
	if len(msg.Parts) > 0 {
		var parts []string
		for _, p := range msg.Parts {
			parts = append(parts, word(p)+" "+p.Name)
		}
		slices.Sort(parts)
		text = "[" + strings.Join(parts, "; ") + "]"
	}
	m.w.got = append(m.w.got, m.contact+" "+text)
	return nil
}

// word says what a message is: problem, update, recovery or closed.
func word(m notify.Message) string {
	if m.Event == notify.Problem && m.Number > 0 {
		return "update"
	}
	return string(m.Event)
}

// open opens an engine in the world, its contacts reached through it.
func (w *world) open(t *testing.T, dir string, c Config) *Engine {
	t.Helper()
	c.Dir, c.Querier, c.Dialer, c.Clock, c.Hosts = dir, w, w, w.clock, w.list
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	w.wire(e)
	return e
}

func (w *world) list() (all []metric.Host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for instance, up := range w.hosts {
		all = append(all, metric.Host{Instance: instance, Up: up})
	}
	return all
}

func (w *world) wire(e *Engine) {
	for name := range e.senders {
		e.senders[name] = mailer{w, name}
	}
}

// step lets an engine do all that is due at an instant.
func (w *world) step(ctx context.Context, e *Engine, now time.Time) {
	w.mu.Lock()
	w.now = now
	w.mu.Unlock()
	(&Rehearsal{e, true}).Step(ctx, now)
}
