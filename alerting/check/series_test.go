package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/procfs"
	"plimsoll/internal/query"
	"plimsoll/internal/query/querytest"
)

// farm are series of which the last samples are at 100 minutes.
const farm = `load 10s
  up{instance="web1",job="node"} 1x600
  up{instance="web2",job="node"} 1x600
  up{instance="web3",job="node"} 1x570 _x30
  up{instance="db1",job="mysql"} 0x600
  node_systemd_units{instance="web1",state="active"} 90x600
  node_systemd_units{instance="web1",state="failed"} 0x600
  node_systemd_units{instance="web2",state="active"} 90x600
  node_systemd_unit_state{instance="web1",name="nginx.service",state="active"} 1x600
  node_systemd_unit_state{instance="web1",name="nginx.service",state="failed"} 0x600
  node_systemd_unit_state{instance="web2",name="nginx.service",state="active"} 0x600
  node_systemd_unit_state{instance="web2",name="nginx.service",state="failed"} 1x600
  node_systemd_unit_state{instance="web1",name="slow.service",state="active"} 0x600
  node_systemd_unit_state{instance="web1",name="slow.service",state="activating"} 1x600
  node_systemd_unit_state{instance="web1",name="idle.service",state="active"} 0x600
  node_systemd_unit_state{instance="web1",name="idle.service",state="inactive"} 1x600
  node_systemd_unit_state{instance="web1",name="backup.service",state="failed"} 0x600
  node_systemd_service_restart_total{instance="web1",name="nginx.service"} 0x480 7x120
  namedprocess_namegroup_num_procs{instance="web1",groupname="shop"} 3x600
  namedprocess_namegroup_num_procs{instance="web2",groupname="shop"} 0x600
`

const farmEnd = 100 * time.Minute

// seen probes the farm, first long before and then at a time.
func seen(t *testing.T, c Config, at time.Duration) Result {
	t.Helper()
	shelf, err := querytest.Load(farm)
	if err != nil {
		t.Fatal(err)
	}
	now := at - 10*time.Minute
	m := means()
	m.Querier, m.Clock = query.New(shelf, query.Default()), func() time.Time { return time.Unix(0, 0).Add(now) }
	c.Name = "x"
	c = c.WithDefaults()
	if err := c.Validate("c"); err != nil {
		t.Fatal(err)
	}
	check := New(c, m)
	check.Probe(t.Context())
	now = at
	return check.Probe(t.Context())
}

func TestAgentsThatAreSilent(t *testing.T) {
	for _, tt := range []struct {
		a    Agent
		is   metric.Severity
		says string
	}{
		{Agent{Hosts: Hosts{Instance: "web1"}}, metric.OK, "1 of 1 agents are heard of"},
		{Agent{Hosts: Hosts{Instance: "db1"}}, metric.OK, "1 of 1"}, // its target is down, the agent speaks
		{Agent{Hosts: Hosts{Instance: "web3"}}, metric.Critical, "0 of 1 agents are heard of: nothing within 2m0s of web3"},
		{Agent{Hosts: Hosts{Instance: "web3"}, SilentFor: 10 * time.Minute}, metric.OK, "1 of 1"},
		{Agent{Hosts: Hosts{Instance: "never"}}, metric.Critical, "nothing within 2m0s of never"},
		{Agent{Hosts: Hosts{Matchers: `job="node"`}}, metric.Critical, "2 of 3 agents are heard of: nothing within 2m0s of web3"},
		{Agent{Hosts: Hosts{Matchers: `job="node",instance!="web3",`}}, metric.OK, "2 of 2"},
		{Agent{Hosts: Hosts{Matchers: `job="none"`}}, metric.Unknown, `there is no host of {job="none"}`},
	} {
		got := seen(t, Config{Agent: &tt.a}, farmEnd)
		want(t, fmt.Sprintf("%+v", tt.a), got, tt.is, tt.says)
	}
}

// A service that has just begun has heard nobody, and blames nobody for that.
func TestSilenceWhileWeWereAway(t *testing.T) {
	shelf, err := querytest.Load(farm)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0).Add(farmEnd)
	m := Means{Querier: query.New(shelf, query.Default()), Clock: func() time.Time { return now }}
	c := New(Config{Agent: &Agent{Hosts: Hosts{Matchers: `job="node"`}}}.WithDefaults(), m)
	if got := c.Probe(t.Context()); !errors.Is(got.Err, errListening) {
		t.Errorf("at once: %+v", got)
	}
	now = now.Add(119 * time.Second)
	if got := c.Probe(t.Context()); !errors.Is(got.Err, errListening) {
		t.Errorf("soon: %+v", got)
	}
	now = now.Add(time.Second)
	want(t, "then", c.Probe(t.Context()), metric.Critical, "of web1, web2, web3")
}

func TestSystemd(t *testing.T) {
	web1, webs := Hosts{Instance: "web1"}, Hosts{Matchers: `instance=~"web.*"`}
	for _, tt := range []struct {
		s    Systemd
		is   metric.Severity
		says string
	}{
		{Systemd{Hosts: web1, Unit: "nginx.service"}, metric.OK, "nginx.service is well on 1 of 1 hosts"},
		{Systemd{Hosts: webs, Unit: "nginx.service"}, metric.Critical, "nginx.service is well on 1 of 2 hosts: failed on web2"},
		{Systemd{Hosts: web1, Unit: "slow.service"}, metric.Warning, "activating on web1"},
		{Systemd{Hosts: web1, Unit: "idle.service"}, metric.Critical, "inactive on web1"},
		{Systemd{Hosts: web1, Unit: "idle.service", Want: "not_failed"}, metric.OK, "well on 1 of 1"},
		{Systemd{Hosts: web1, Unit: "backup.service"}, metric.Unknown, "the agent of web1 does not tell of it: name it in systemd_units"},
		{Systemd{Hosts: web1, Unit: "backup.service", Want: "not_failed"}, metric.OK, "well on 1 of 1"},
		{Systemd{Hosts: Hosts{Instance: "web3"}, Unit: "nginx.service"}, metric.Unknown, "no agent of web3 tells of systemd"},
		{Systemd{Hosts: web1, Unit: "nginx.service", Restarts: Limits[float64]{Warn: 3, Critical: 20}}, metric.Warning, "7 restarts within 1h0m0s on web1, and 3 is a warning"},
		{Systemd{Hosts: web1, Unit: "nginx.service", Restarts: Limits[float64]{Warn: 3}, Window: 5 * time.Minute}, metric.OK, "well on 1 of 1"},
	} {
		want(t, fmt.Sprintf("%+v", tt.s), seen(t, Config{Systemd: &tt.s}, farmEnd), tt.is, tt.says)
	}
}

func TestProcesses(t *testing.T) {
	webs := Hosts{Matchers: `instance=~"web.*"`}
	n := func(n int) *int { return &n }
	for _, tt := range []struct {
		p    Process
		is   metric.Severity
		says string
	}{
		{Process{Group: "shop", Hosts: Hosts{Instance: "web1"}}, metric.OK, "3 processes"},
		{Process{Group: "shop", Hosts: Hosts{Instance: "web1"}, Min: n(4)}, metric.Critical, "there should be 4 at least"},
		{Process{Group: "shop", Hosts: webs}, metric.Critical, "3 processes on 2 hosts: web2: 0 processes, there should be 1 at least"},
		{Process{Group: "none", Hosts: webs}, metric.Unknown, `tells of the group none`},
		{Process{Selector: procfs.Selector{Comm: "check.test"}}, metric.OK, "process"},
		{Process{Selector: procfs.Selector{Comm: "no-such-process"}}, metric.Critical, "0 processes: there should be 1 at least"},
		{Process{Selector: procfs.Selector{Comm: "no-such-process"}, Max: n(0)}, metric.OK, "0 processes"},
		{Process{Selector: procfs.Selector{Comm: "check.test", User: fmt.Sprint(os.Getuid())}, Max: n(0)}, metric.Critical, "there should be none"},
		{Process{Selector: procfs.Selector{Cmdline: "."}, Max: n(1)}, metric.Critical, "there should be 1 at most"},
	} {
		want(t, fmt.Sprintf("%+v", tt.p), seen(t, Config{Process: &tt.p}, farmEnd), tt.is, tt.says)
	}
}

// broken is a store that does not answer.
type broken struct{ metric.Querier }

func (broken) Query(context.Context, metric.Query) (metric.Result, error) {
	return metric.Result{}, metric.ErrTooMuch
}

func TestAStoreThatDoesNotAnswerIsNoVerdict(t *testing.T) {
	h := Hosts{Instance: "web1"}
	for _, c := range []Config{{Agent: &Agent{Hosts: h}}, {Systemd: &Systemd{Hosts: h, Unit: "x"}}, {Process: &Process{Group: "x", Hosts: h}}} {
		m := means()
		m.Querier = broken{}
		got := New(c.WithDefaults(), m).Probe(t.Context())
		if !errors.Is(got.Err, metric.ErrTooMuch) || got.State != "" {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestSeriesMistakes(t *testing.T) {
	n := -1
	for _, tt := range []struct {
		c    Config
		want []string
	}{
		{Config{Agent: &Agent{SilentFor: time.Hour, KnownFor: time.Minute}}, []string{"agent.instance: is missing", "agent.known_for: 1m0s is not more"}},
		{Config{Agent: &Agent{Hosts: Hosts{Instance: "a", Matchers: "b"}, SilentFor: 1}}, []string{"agent.matchers: stand beside", "agent.silent_for: 1ns"}},
		{Config{Agent: &Agent{Hosts: Hosts{Matchers: `a="b"} or up{`}}}, []string{"agent.matchers: "}},
		{Config{Systemd: &Systemd{Want: "up", Window: 1, Restarts: Limits[float64]{Warn: -1}}}, []string{"systemd.instance: ", "systemd.unit: ", "systemd.want: ", "systemd.window: ", "systemd.restarts.warn: "}},
		{Config{Process: &Process{}}, []string{"process.comm: is missing, and so are exe"}},
		{Config{Process: &Process{Group: "x", Min: &n}}, []string{"process.instance: ", "process.min: -1"}},
		{Config{Process: &Process{Hosts: Hosts{Instance: "x"}}}, []string{"process.group: is missing"}},
		{Config{Process: &Process{Selector: procfs.Selector{Comm: "[", Cmdline: "("}, Max: &n}}, []string{"process.comm: ", "process.cmdline: ", "process.min: "}},
	} {
		err := tt.c.WithDefaults().Validate("c")
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), "c."+want) {
				t.Errorf("%q is not reported in:\n%v", want, err)
			}
		}
	}
}
