package alerting

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/alerting/check"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rota"
	"plimsoll/alerting/rule"
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
	dead   map[string]bool    // addresses that refuse though all else is up
	app    metric.Severity    // what an application says of itself; empty: nothing
	down   map[string]error   // contacts that cannot be reached
	hosts  map[string]bool    // those that should report, and whether they do
	got    []string           // "CONTACT EVENT NAME", as it arrived
}

func newWorld() *world {
	return &world{now: epoch, series: map[string]float64{}, up: true, dead: map[string]bool{}, down: map[string]error{}, hosts: map[string]bool{}}
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
func (w *world) DialContext(_ context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.up || w.dead[address] {
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
	e.tick(ctx, now)
	e.takeIn(ctx, now)
	e.settleOrders(ctx, now)
	e.looks.Wait()
	if e.desk.wake(now) {
		e.reconcile(ctx, now)
	}
	for due := now.Unix()%5 == 0; due || e.flight.wake(); due = false {
		e.dispatch(ctx, now)
		e.sends.Wait()
	}
}

// script is a test written as text: a configuration in YAML, a line of ---, and
// lines "at DURATION COMMAND", in order of time. See testdata.
type script struct {
	t    *testing.T
	w    *world
	e    *Engine
	dir  string
	cfg  Config
	line int
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			run(t, text)
		})
	}
}

func run(t *testing.T, text []byte) {
	config, lines, ok := bytes.Cut(text, []byte("\n---\n"))
	if !ok {
		t.Fatal("no line of ---")
	}
	s := &script{t: t, w: newWorld(), dir: t.TempDir(), cfg: Default()}
	s.cfg.DefaultRules = false
	s.configure(config)
	s.line = bytes.Count(config, []byte("\n")) + 2
	s.e = s.w.open(t, s.dir, s.cfg)
	now := epoch
	for scan := bufio.NewScanner(bytes.NewReader(lines)); scan.Scan(); {
		s.line++
		words := strings.Fields(scan.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		at, err := time.ParseDuration(words[1])
		if err != nil || words[0] != "at" {
			t.Fatalf("line %d: %q", s.line, scan.Text())
		}
		for ; now.Before(epoch.Add(at)); now = now.Add(time.Second) {
			s.w.step(t.Context(), s.e, now)
		}
		s.do(words[2], words[3:])
	}
	if rest := s.w.take(); len(rest) > 0 {
		t.Errorf("messages that no line expects: %q", rest)
	}
	s.e.Close()
}

func (s *script) configure(text []byte) {
	if err := yaml.UnmarshalWithOptions(text, &s.cfg, yaml.Strict()); err != nil {
		s.t.Fatal(err)
	}
	for i := range s.cfg.Contacts {
		if s.cfg.Contacts[i].Email == nil { // else what it is told may be joined
			s.cfg.Contacts[i].Webhook = &notify.Webhook{URL: "http://contact.example/"}
		}
	}
}

func (s *script) do(command string, args []string) {
	s.t.Helper()
	w := s.w
	w.mu.Lock()
	switch command {
	case "set":
		var v float64
		if _, err := fmt.Sscan(args[1], &v); err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
		w.series[args[0]] = v
	case "drop":
		delete(w.series, args[0])
	case "service": // all, or those at ADDRESS…
		if len(args) == 1 {
			w.up = args[0] == "up"
		}
		for _, address := range args[1:] {
			w.dead[address] = args[0] == "down"
		}
	case "store":
		w.broken = args[0] == "down"
	case "host":
		w.hosts[args[0]] = args[1] == "up"
		if args[1] == "retired" {
			delete(w.hosts, args[0])
		}
	case "contact":
		w.down[args[0]] = map[string]error{"down": errors.New("no answer"), "refuses": notify.ErrFinal, "up": nil}[args[1]]
	default:
		w.mu.Unlock()
		s.engine(command, args)
		return
	}
	w.mu.Unlock()
}

func (s *script) engine(command string, args []string) {
	s.t.Helper()
	switch command {
	case "restart":
		s.e.Close()
		s.e = s.w.open(s.t, s.dir, s.cfg)
	case "remove": // a check or rule, by name
		s.cfg.Checks = slices.DeleteFunc(slices.Clone(s.cfg.Checks), func(c check.Config) bool { return c.Name == args[0] })
		s.cfg.Rules = slices.DeleteFunc(slices.Clone(s.cfg.Rules), func(c rule.Config) bool { return c.Name == args[0] })
		if err := s.e.Reload(s.cfg); err != nil {
			s.t.Fatal(err)
		}
		s.w.wire(s.e)
	case "report": // NAME or NAME@HOST, STATE
		name, host, _ := strings.Cut(args[0], "@")
		if err := s.e.PutCheck(s.t.Context(), metric.CheckResult{Name: name, Host: host, State: metric.Severity(args[1])}); err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
	case "ack": // NAME CONTACT [DURATION] [sticky]
		s.acknowledge(args[0], args[1], args[2:])
	case "unack": // NAME CONTACT
		if err := s.e.Unacknowledge(s.t.Context(), s.alert(args[0]).ID, args[1]); err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
	case "silence", "downtime": // MATCHERS FOR [FLEXIBLE]
		s.hold(command, args)
	case "end": // the last silence or downtime
		last := int64(0)
		for _, h := range s.e.Holds() {
			last = max(last, h.ID)
		}
		if err := s.e.EndHold(s.t.Context(), last, "ops"); err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
	case "override": // ROTA CONTACT FOR
		length, err := time.ParseDuration(args[2])
		if err == nil {
			_, err = s.e.PutOverride(s.t.Context(), rota.Override{Rota: args[0], Contact: args[1], From: s.w.clock(), Until: s.w.clock().Add(length), By: "boss"})
		}
		if err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
	case "expect":
		s.expect(args)
	default:
		s.t.Fatalf("line %d: no command %q", s.line, command)
	}
}

// expect is "expect nothing", "expect state NAME STATE soft|hard [flapping]", "… NAME gone" or
// "expect CONTACT EVENT NAME, …": the messages since the last time, all of them.
func (s *script) expect(args []string) {
	s.t.Helper()
	if args[0] == "holds" { // NAME KIND…
		s.expectHolds(args[1], args[2:])
		return
	}
	if args[0] == "state" {
		s.expectState(args[1], strings.Join(args[2:], " "))
		return
	}
	want := strings.Split(strings.Join(args, " "), ", ")
	if args[0] == "nothing" {
		want = nil
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, s.w.take()); diff != "" {
		s.t.Errorf("line %d: %s", s.line, diff)
	}
}

func (s *script) acknowledge(name, by string, rest []string) {
	s.t.Helper()
	a := Acknowledgement{By: by}
	for _, word := range rest {
		if a.Sticky = a.Sticky || word == "sticky"; word == "sticky" {
			continue
		}
		var err error
		if a.For, err = time.ParseDuration(word); err != nil {
			s.t.Fatalf("line %d: %v", s.line, err)
		}
	}
	if err := s.e.Acknowledge(s.t.Context(), s.alert(name).ID, a); err != nil {
		s.t.Fatalf("line %d: %v", s.line, err)
	}
}

func (s *script) hold(kind string, args []string) {
	s.t.Helper()
	h := hold.Hold{Kind: hold.Kind(kind), By: "ops"}
	var err error
	if h.Match, err = match.Parse(args[0]); err != nil {
		s.t.Fatalf("line %d: %v", s.line, err)
	}
	length, err := time.ParseDuration(args[1])
	if err == nil && len(args) > 2 {
		h.Flexible, err = time.ParseDuration(args[2])
	}
	h.Until = s.w.clock().Add(length)
	if err == nil {
		_, err = s.e.PutHold(s.t.Context(), h)
	}
	if err != nil {
		s.t.Fatalf("line %d: %v", s.line, err)
	}
}

func (s *script) expectHolds(name string, want []string) {
	s.t.Helper()
	var got []string
	for _, h := range s.alert(name).Holds {
		got = append(got, h.Kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("line %d: %s", s.line, diff)
	}
}

// alert returns the one alert of a name, or NAME@HOST.
func (s *script) alert(name string) (found metric.Alert) {
	for _, a := range s.e.Alerts() {
		if host := a.Labels["host"]; a.Name == name || host != "" && a.Name+"@"+host == name {
			found = a
		}
	}
	return found
}

func (s *script) expectState(name, want string) {
	s.t.Helper()
	got := "gone"
	if a := s.alert(name); a.ID != "" {
		got = string(a.State) + map[bool]string{true: " hard", false: " soft"}[a.Hard] + map[bool]string{true: " flapping"}[a.Flapping]
	}
	if got != want {
		s.t.Errorf("line %d: %s is %s, want %s", s.line, name, got, want)
	}
}
