package alerting

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/rulefile"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// farm is an engine with rule files over series in memory.
type farm struct {
	*world
	t      *testing.T
	memory *query.Memory
	e      *Engine
	dir    string
	c      Config
	passed time.Duration
	load   float64 // of load{host="a"}; NaN: there is none
}

func newFarm(t *testing.T, rules string) *farm {
	t.Helper()
	f := &farm{world: newWorld(), t: t, memory: query.NewMemory(), dir: t.TempDir(), load: math.NaN()}
	f.c = Default()
	f.c.DefaultRules = false
	f.c.Contacts = []notify.Contact{hook("ops")}
	f.c.Grouping.Wait, f.c.Grouping.Storm = 0, 0
	f.c.RuleFiles.Groups = groupsOf(t, f.dir, rules)
	f.c.Sink = f.memory
	f.start()
	return f
}

func groupsOf(t *testing.T, dir, rules string) []rulefile.Group {
	t.Helper()
	path := filepath.Join(dir, "rules.yml")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	groups, err := rulefile.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func (f *farm) start() {
	f.t.Helper()
	c := f.c
	c.Dir, c.Dialer, c.Clock = f.dir, f.world, f.clock
	c.Querier = query.New(f.memory, query.Config{Timeout: time.Minute, MaxSamples: 1e6, Lookback: 5 * time.Minute})
	e, err := Open(c)
	if err != nil {
		f.t.Fatal(err)
	}
	f.wire(e)
	f.e = e
}

// run lets time pass, with a sample of load each 5 seconds, and returns the
// messages.
func (f *farm) run(d time.Duration) []string {
	f.t.Helper()
	for end := f.passed + d; f.passed < end; f.passed += time.Second {
		at := epoch.Add(f.passed)
		if f.passed%(5*time.Second) == 0 && !math.IsNaN(f.load) {
			s := metric.Sample{Labels: labels.FromStrings("__name__", "load", "host", "a"), At: at.UnixMilli(), Value: f.load}
			if err := f.memory.Put(f.t.Context(), []metric.Sample{s}); err != nil {
				f.t.Fatal(err)
			}
		}
		f.step(f.t.Context(), f.e, at)
	}
	return f.take()
}

func (f *farm) reload(rules string) {
	f.t.Helper()
	f.c.RuleFiles.Groups = groupsOf(f.t, f.dir, rules)
	c := f.c
	c.Dir = f.dir
	if err := f.e.Reload(c); err != nil {
		f.t.Fatal(err)
	}
	f.wire(f.e)
}

// ask returns the vector that an expression gives now.
func (f *farm) ask(expr string) (out []string) {
	f.t.Helper()
	res, err := f.e.cfg.Querier.Query(f.t.Context(), metric.Query{Expr: expr, End: epoch.Add(f.passed)})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, s := range res.Series {
		out = append(out, fmt.Sprintf("%s %g", s.Labels, s.Points[0].Value))
	}
	slices.Sort(out)
	return out
}

func (f *farm) want(what string, got []string, want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.t.Errorf("%s: %s", what, diff)
	}
}

const chained = `
groups:
- name: chain
  interval: 10s
  rules:
  - record: host:load
    expr: load * 2
  - alert: High
    expr: host:load > 10
    for: 1m
    labels: {severity: page, team: web}
    annotations: {summary: "{{ $labels.host }} at {{ $value }}", runbook_url: "http://wiki/{{ $labels.host }}"}
`

// TestRuleFileFromLoadToMessage: what is recorded is seen by the next rule at
// once, and what that finds is told, with its end, and stands in ALERTS.
func TestRuleFileFromLoadToMessage(t *testing.T) {
	f := newFarm(t, chained)
	defer func() { _ = f.e.Close() }()
	f.load = 9
	f.want("pending", f.run(40*time.Second))
	f.want("ALERTS", f.ask("ALERTS"), `{__name__="ALERTS", alertname="High", alertstate="pending", host="a", severity="page", team="web"} 1`)
	f.want("firing", f.run(40*time.Second), "ops problem High")
	f.want("ALERTS", f.ask("ALERTS"), `{__name__="ALERTS", alertname="High", alertstate="firing", host="a", severity="page", team="web"} 1`)
	a := f.e.Alerts()[0]
	if a.Severity != metric.Critical || a.Group != "chain" || a.Annotations["runbook_url"] != "http://wiki/a" || a.Summary != "a at 18" {
		t.Errorf("%+v", a)
	}
	f.load = 1
	f.want("over", f.run(20*time.Second), "ops recovery High")
	f.want("ALERTS", f.ask("ALERTS"))
	f.want("recorded", f.ask("host:load"), `{__name__="host:load", host="a"} 2`)
	f.load = 8
	f.run(80 * time.Second)
	f.want("again", f.take())
	stop := metric.Sample{Labels: labels.FromStrings("__name__", "load", "host", "a"), At: epoch.Add(f.passed).UnixMilli() - 1, Value: math.Float64frombits(value.StaleNaN)}
	if err := f.memory.Put(t.Context(), []metric.Sample{stop}); err != nil {
		t.Fatal(err)
	}
	f.load = math.NaN()
	f.want("a series that is gone is good", f.run(20*time.Second), "ops recovery High")
	f.want("and so is what was recorded", f.ask("host:load"))
}

// TestReloadAndRestartKeepWhatIsKnown: a rule whose expression, `for` or place
// changes goes on, one that is gone is ended.
func TestReloadAndRestartKeepWhatIsKnown(t *testing.T) {
	f := newFarm(t, chained)
	defer func() { _ = f.e.Close() }()
	f.load = 9
	f.run(35 * time.Second)
	if err := f.e.Close(); err != nil {
		t.Fatal(err)
	}
	f.start()
	f.run(10 * time.Second)
	f.reload(strings.Replace(strings.Replace(chained, "host:load > 10", "host:load > 11", 1), "record: host:load\n", "record: other\n    expr: vector(1)\n  - record: host:load\n", 1))
	f.want("`for` goes on", f.run(40*time.Second), "ops problem High")
	f.want("recorded", f.ask("other"), `{__name__="other"} 1`)
	f.reload("groups: []")
	f.want("gone", f.run(10*time.Second), "ops closed High")
	f.want("series", f.ask(`{__name__=~"ALERTS|ALERTS_FOR_STATE|other|host:load"}`))
	f.reload(chained)
	f.want("again", f.run(90*time.Second), "ops problem High")
}

// TestRulesOfOneName are told apart by their labels and their place.
func TestRulesOfOneName(t *testing.T) {
	f := newFarm(t, `
groups:
- name: levels
  interval: 10s
  rules:
  - {alert: High, expr: load > 5, labels: {severity: warning}}
  - {alert: High, expr: load > 8, labels: {severity: page}}
  - {alert: High, expr: load > 7, labels: {severity: page, twin: "yes"}}
- name: other
  interval: 10s
  rules:
  - {alert: High, expr: load > 8, labels: {severity: odd}}
`)
	defer func() { _ = f.e.Close() }()
	f.load = 6
	f.want("first", f.run(20*time.Second), "ops problem High")
	f.load = 9
	f.want("others", f.run(20*time.Second), "ops problem High", "ops problem High", "ops problem High")
	ids, severities := map[string]bool{}, map[metric.Severity]int{}
	for _, a := range f.e.Alerts() {
		ids[a.ID] = true
		severities[a.Severity]++
	}
	if len(ids) != 4 || severities[metric.Critical] != 2 || severities[metric.Warning] != 2 {
		t.Errorf("%v %v", ids, severities)
	}
	f.load = 6
	f.want("ends", f.run(20*time.Second), "ops recovery High", "ops recovery High", "ops recovery High")
}

// TestOwnRulesStandInAlertsToo, with the severity that the rule has beside its
// labels.
func TestOwnRulesStandInAlertsToo(t *testing.T) {
	f := newFarm(t, "groups: []")
	defer func() { _ = f.e.Close() }()
	f.c.Rules = []rule.Config{{Name: "Own", Expr: "load > 5", Severity: metric.Critical, Interval: 5 * time.Second, Labels: map[string]string{"team": "db"}}}
	f.reload("groups: []")
	f.load = 6
	f.run(20 * time.Second)
	f.want("ALERTS", f.ask("ALERTS"), `{__name__="ALERTS", alertname="Own", alertstate="firing", host="a", severity="critical", team="db"} 1`)
	if got := f.ask("ALERTS_FOR_STATE - " + fmt.Sprint(epoch.Unix())); len(got) != 1 || got[0] > `{alertname="Own", host="a", severity="critical", team="db"} 5` {
		t.Errorf("since %v", got)
	}
	f.load = 1
	f.run(10 * time.Second)
	f.want("over", f.ask(`{__name__=~"ALERTS.*"}`))
}

// TestWhatIsNoNumberEndsARecordedSeries, for a store takes none.
func TestWhatIsNoNumberEndsARecordedSeries(t *testing.T) {
	f := newFarm(t, `
groups:
- name: g
  interval: 10s
  rules:
  - {record: ratio, expr: 1 / (load - 9) > 0}
  - {record: fails, expr: 'load / on () {__name__=~"load|ratio"}'}
`)
	defer func() { _ = f.e.Close() }()
	f.load = 10
	f.run(20 * time.Second)
	f.want("a number", f.ask("ratio"), `{__name__="ratio", host="a"} 1`)
	if infos := f.e.Rules(); len(infos) != 2 || !infos[0].Recording || infos[0].LastError != "" || !strings.Contains(infos[1].LastError, "many-to-many") {
		t.Errorf("%+v", infos)
	}
	f.load = 9
	f.run(20 * time.Second)
	f.want("infinite", f.ask("ratio"))
}

// fullSink is a sink that takes nothing while it is told to.
type fullSink struct {
	metric.Sink
	refuse bool
	put    int
}

func (s *fullSink) Put(ctx context.Context, samples []metric.Sample) error {
	if s.refuse {
		return context.DeadlineExceeded
	}
	s.put += len(samples)
	return s.Sink.Put(ctx, samples)
}

// TestEndsAreNotLostToAFullStore: the series of an alert ends when the store
// takes samples again.
func TestEndsAreNotLostToAFullStore(t *testing.T) {
	f := newFarm(t, chained)
	sink := &fullSink{Sink: f.memory}
	f.e.cfg.Sink = sink
	defer func() { _ = f.e.Close() }()
	f.load = 9
	f.run(90 * time.Second)
	sink.refuse = true
	f.load = 1
	f.run(30 * time.Second)
	if got := f.ask("ALERTS"); len(got) != 1 {
		t.Errorf("while the store is full: %v", got)
	}
	sink.refuse = false
	f.run(20 * time.Second)
	f.want("after", f.ask("ALERTS"))
}

func TestAlertSeriesAreBounded(t *testing.T) {
	var q quota
	if !q.take(0, maxAlertSeries-2) || q.take(0, 3) || !q.take(0, 2) || q.take(0, 1) {
		t.Errorf("%d used", q.used)
	}
	if !q.take(2, 0) || !q.take(maxAlertSeries-2, maxAlertSeries) || q.used != maxAlertSeries {
		t.Errorf("%d used", q.used)
	}
}
