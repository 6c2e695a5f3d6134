package quorum

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// vector is a Querier whose one answer is known by heart: values by instance.
type vector map[string]float64

func (v vector) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	if v == nil {
		return metric.Result{}, metric.ErrTooMuch
	}
	res := metric.Result{Type: metric.Vector}
	for name, value := range v {
		res.Series = append(res.Series, metric.Series{
			Labels: labels.FromStrings("__name__", "up", "instance", name),
			Points: []metric.Point{{At: q.End.UnixMilli(), Value: value}},
		})
	}
	return res, nil
}

func (vector) Series(context.Context, metric.Selection) ([]labels.Labels, error) { return nil, nil }

func (vector) LabelNames(context.Context, metric.Selection) ([]string, error) { return nil, nil }

func (vector) LabelValues(context.Context, string, metric.Selection) ([]string, error) {
	return nil, nil
}

func mustNew(t testing.TB, c Config) *Service {
	t.Helper()
	c = c.WithDefaults()
	if err := c.Validate("services[0]"); err != nil {
		t.Fatal(err)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func look(t testing.TB, s *Service, v vector, at time.Time, w World) Finding {
	t.Helper()
	f, err := s.Look(t.Context(), v, at, w)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// start is when the tests begin.
func start() time.Time { return time.Unix(1_700_000_000, 0) }

// farm returns n members, of which the named ones are down.
func farm(n int, down ...string) vector {
	v := vector{}
	for i := range n {
		v[fmt.Sprintf("web%d", i+1)] = 1
	}
	for _, name := range down {
		v[name] = 0
	}
	return v
}

func web() Config {
	return Config{Name: "web", Members: `up{job="web"}`, Warning: "2 or 10%", Critical: "30%", Alerts: `alertname="HostDown"`}
}

func hostDown(name string) Alert {
	return Alert{
		Name: "HostDown", Class: metric.UpDown, Hard: true,
		Labels: map[string]string{"alertname": "HostDown", "instance": name},
	}
}

func TestSeverities(t *testing.T) {
	t.Parallel()
	master := Config{Checks: []string{"mysql-master*"}, Critical: "1"}
	check := Alert{Name: "mysql-master-2", Class: metric.UpDown, Hard: true}
	softly := check
	softly.Hard = false
	other := hostDown("web2")
	other.Class = metric.Threshold
	few := web()
	few.MinMembers = 12
	checks := []string{"mysql-master-1", "mysql-master-2", "not-mysql-master"}
	for name, tt := range map[string]struct {
		c    Config
		v    vector
		w    World
		want string
	}{
		"all up":          {web(), farm(24), World{}, "ok: all 24 up"},
		"one down":        {web(), farm(24, "web3"), World{}, "ok: 1 of 24 down: web3; 2 or 10% is warning"},
		"two down":        {web(), farm(24, "web3", "web20"), World{}, "warning: 2 of 24 down: web20, web3; 2 or 10% is warning"},
		"a tenth":         {web(), farm(10, "web3"), World{}, "warning: 1 of 10 down: web3; 2 or 10% is warning"},
		"a third":         {web(), farm(10, "web1", "web2", "web3"), World{}, "critical: 3 of 10 down: web1, web2, web3; 30% is critical"},
		"by an alert":     {web(), farm(10), World{Alerts: []Alert{hostDown("web2")}}, "warning: 1 of 10 down: web2; 2 or 10% is warning"},
		"a stranger's":    {web(), farm(10), World{Alerts: []Alert{hostDown("db2")}}, "ok: all 10 up"},
		"of other class":  {web(), farm(10), World{Alerts: []Alert{other}}, "ok: all 10 up"},
		"no vector":       {web(), vector{}, World{}, "unknown: no member is known"},
		"no numbers":      {web(), vector{"web1": math.NaN()}, World{}, "unknown: no member is known"},
		"too few":         {few, farm(10), World{}, "unknown: all 10 up; at least 12 members should be known"},
		"too few, warned": {few, farm(10, "web1"), World{}, "unknown: 1 of 10 down: web1; at least 12 members should be known"},
		"too few, worse":  {few, farm(2, "web1"), World{}, "critical: 1 of 2 down: web1; 30% is critical"},
		"half up is up":   {web(), vector{"web1": 0.5}, World{}, "ok: all 1 up"},
		"checks":          {master, nil, World{Checks: checks}, "ok: all 2 up"},
		"any":             {master, nil, World{Checks: checks, Alerts: []Alert{check}}, "critical: 1 of 2 down: mysql-master-2; 1 is critical"},
		"softly":          {master, nil, World{Checks: checks, Alerts: []Alert{softly}}, "ok: all 2 up"},
		"a check removed": {master, nil, World{Checks: checks[:1], Alerts: []Alert{check}}, "ok: all 1 up"},
		"no checks":       {master, nil, World{Alerts: []Alert{check}}, "unknown: no member is known"},
		"many": {
			web(), farm(12, "web1", "web2", "web3", "web4", "web5", "web6", "web7", "web8", "web9", "web10", "web11"),
			World{},
			"critical: 11 of 12 down: web1, web10, web11, web2, web3, web4, web5, web6, web7, web8 and 1 more; 30% is critical",
		},
	} {
		f := look(t, mustNew(t, tt.c), tt.v, start(), tt.w)
		if got := fmt.Sprintf("%s: %s", f.Severity, f.Summary); got != tt.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, tt.want)
		}
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	s := mustNew(t, web())
	at := start()
	known := look(t, s, farm(3), at, World{}).Known
	half := vector{"web1": 1}
	for _, tt := range []struct {
		after  time.Duration
		v      vector
		want   string
		absent bool
	}{
		{time.Minute, half, "critical: 2 of 3 down: web2 (silent), web3 (silent); 30% is critical", false},
		{time.Hour, half, "critical: 2 of 3 down: web2 (silent), web3 (silent); 30% is critical", false},
		{time.Hour + time.Second, half, "ok: all 1 up; 2 that are silent for more than 1h0m0s are no longer counted", true},
		{2 * time.Hour, half, "ok: all 1 up; 2 that are silent for more than 1h0m0s are no longer counted", true},
		{2*time.Hour + time.Second, half, "ok: all 1 up", false},
		{2*time.Hour + 2*time.Second, vector{}, "critical: 1 of 1 down: web1 (silent); 30% is critical", false},
		{4 * time.Hour, vector{}, "unknown: no member is known", false},
		{5 * time.Hour, farm(2), "ok: all 2 up", false},
	} {
		f := look(t, s, tt.v, at.Add(tt.after), World{Known: known})
		if got := fmt.Sprintf("%s: %s", f.Severity, f.Summary); got != tt.want || f.Absent != tt.absent {
			t.Errorf("after %v:\n%s, absent %v, want\n%s", tt.after, got, f.Absent, tt.want)
		}
		known = f.Known
	}
}

// doubled answers with a second element of each member, which is up.
type doubled struct{ vector }

func (d doubled) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	res, err := d.vector.Query(ctx, q)
	for _, series := range res.Series {
		res.Series = append(res.Series, metric.Series{
			Labels: labels.FromStrings("instance", series.Labels.Get("instance"), "job", "other"),
			Points: []metric.Point{{At: q.End.UnixMilli(), Value: 1}},
		})
	}
	return res, err
}

func TestOfElementsOfOneNameTheWorstCounts(t *testing.T) {
	t.Parallel()
	f, err := mustNew(t, web()).Look(t.Context(), doubled{farm(3, "web2")}, start(), World{})
	if err != nil || len(f.Members) != 3 || len(f.Down) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s := mustNew(t, web())
	known := look(t, s, farm(2), start(), World{}).Known
	back := start().Add(-24 * time.Hour)
	f := look(t, s, farm(1), back, World{Known: known})
	if f.Severity != metric.Critical || !f.Known["web2"].Equal(back) {
		t.Errorf("%+v", f)
	}
}

func TestFailedQueriesFindNothing(t *testing.T) {
	t.Parallel()
	c := web()
	if _, err := mustNew(t, c).Look(t.Context(), vector(nil), start(), World{}); !errors.Is(err, metric.ErrTooMuch) {
		t.Errorf("a query that fails: %v", err)
	}
	c.By = "host"
	_, err := mustNew(t, c).Look(t.Context(), farm(1), start(), World{})
	if !errors.Is(err, metric.ErrBadQuery) || !strings.Contains(err.Error(), `no label "host"`) {
		t.Errorf("members without the label: %v", err)
	}
	if _, err := mustNew(t, web()).Look(t.Context(), farm(MaxMembers+1), start(), World{}); !errors.Is(err, metric.ErrTooMuch) {
		t.Errorf("too many members: %v", err)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	s := mustNew(t, web())
	known := map[string]time.Time{}
	for i := range MaxMembers {
		known[fmt.Sprintf("old%d", i)] = start().Add(time.Duration(i) * time.Microsecond)
	}
	f := look(t, s, farm(3), start().Add(time.Minute), World{Known: known})
	_, first := f.Known["old2"]
	_, next := f.Known["old3"]
	_, present := f.Known["web3"]
	if len(f.Known) != MaxMembers || first || !next || !present {
		t.Errorf("%d are known, old2 %v, old3 %v, web3 %v", len(f.Known), first, next, present)
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	c := web()
	c.Checks = []string{"web-?"}
	s := mustNew(t, c)
	f := look(t, s, farm(2), start(), World{Checks: []string{"web-a", "web-bc"}})
	if diff := cmp.Diff([]string{"web-a", "web1", "web2"}, f.Members); diff != "" {
		t.Error(diff)
	}
	soft := hostDown("web1")
	soft.Hard = false
	disk := hostDown("web1")
	disk.Name, disk.Labels["alertname"] = "Disk", "Disk"
	resource := hostDown("web1")
	resource.Class = metric.Resource
	for name, tt := range map[string]struct {
		a    Alert
		f    Finding
		want bool
	}{
		"a member's":         {hostDown("web1"), f, true},
		"a soft one":         {soft, f, true},
		"another alert":      {disk, f, false},
		"another class":      {resource, f, false},
		"a stranger's":       {hostDown("db1"), f, false},
		"a check's":          {Alert{Name: "web-a", Class: metric.UpDown}, f, true},
		"a check's no more":  {Alert{Name: "web-b", Class: metric.UpDown}, f, false},
		"not of the glob":    {Alert{Name: "web-bc", Class: metric.UpDown}, f, false},
		"before a look":      {hostDown("web1"), Finding{}, false},
		"no label":           {Alert{Name: "HostDown", Class: metric.UpDown}, f, false},
		"a name in its name": {Alert{Name: "my-web-a", Class: metric.UpDown}, f, false},
	} {
		if got := s.Has(tt.a, tt.f); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	c.Alerts = ""
	if mustNew(t, c).Has(hostDown("web1"), f) {
		t.Error("without alerts, any alert is a member's own")
	}
}

func TestValidateNamesEveryKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    Config
		want []string
	}{
		{Config{}, []string{"members: is missing", "critical: is missing"}},
		{Config{
			Members: "up ==", By: "a-b", Checks: []string{""}, Alerts: "{}", Warning: "x", Critical: "0%",
			MinMembers: -1, For: -1, Interval: 1, Forget: 1,
		}, []string{
			"members: ", "by: ", "checks[0]: ", "alerts: ", "warning: ", "critical: ", "for: ", "interval: ", "forget: ", "min_members: ",
		}},
		{Config{Members: "up == 0", Warning: "3", Critical: "2"}, []string{
			`members: "up == 0" leaves out members: write == bool`, `warning: "3" is never crossed before "2", which is critical`,
		}},
		{Config{Members: "1", Alerts: "x", Critical: "2"}, []string{"members: gives a scalar", `alerts: "x"`}},
		{Config{Members: "((up > 3))", Critical: "2"}, []string{"members: "}},
		{Config{Checks: []string{"*"}, Alerts: `a="b"`, Critical: "2"}, []string{"alerts: needs members"}},
	} {
		err := tt.c.WithDefaults().Validate("services[1]")
		if err == nil {
			t.Errorf("%+v is accepted", tt.c)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(tt.want) {
			t.Errorf("%d problems, want %d:\n%v", len(lines), len(tt.want), err)
		}
		for i, want := range tt.want {
			if i < len(lines) && !strings.HasPrefix(lines[i], "services[1]."+want) {
				t.Errorf("%q, want %q", lines[i], want)
			}
		}
	}
	for _, members := range []string{"up", "up == bool 1", "min by (instance) (up)", "(probe_success)"} {
		c := Config{Members: members, Warning: "2", Critical: "10%"}.WithDefaults()
		if err := c.Validate("services[0]"); err != nil {
			t.Error(err)
		}
	}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	var got []Config
	err := yaml.UnmarshalWithOptions([]byte(`
- name: web
  members: up{job="web"}
  alerts: alertname="HostDown"
  warning: 2 or 10%
  critical: 30%
  min_members: 20
- name: mysql-master
  checks: [mysql-master*]
  critical: 1
  forget: 10m
  tell_members: true
`), &got, yaml.Strict())
	want := []Config{
		{Name: "web", Members: `up{job="web"}`, Alerts: `alertname="HostDown"`, Warning: "2 or 10%", Critical: "30%", MinMembers: 20},
		{Name: "mysql-master", Checks: []string{"mysql-master*"}, Critical: "1", Forget: 10 * time.Minute, TellMembers: true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
