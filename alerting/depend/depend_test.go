package depend

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// farm is two switches below a core router, a rack behind both and one host of
// it that also needs two of three name servers.
func farm() []Config {
	return []Config{
		{Name: "rack3", Alerts: `instance=~"rack3-.*"`, Needs: Needs{Any: []string{"switch-a", "switch-b"}}},
		{Name: "switch-a", Needs: Needs{All: []string{"core"}}},
		{Name: "switch-b", Alerts: `instance="sw-b"`, Needs: Needs{All: []string{"core"}}},
		{Name: "core"},
		{Name: "web", Alerts: `instance="rack3-web"`, Needs: Needs{AtLeast: &AtLeast{Count: 2, Of: []string{"ns1", "ns2", "ns3"}}}},
		{Name: "shop", Alerts: `alertname=~"shop.*"`, Needs: Needs{All: []string{"rack3", "ns1"}}},
	}
}

func named(name string) map[string]string { return map[string]string{"alertname": name} }

func on(instance string) map[string]string {
	return map[string]string{"alertname": "HostDown", "instance": instance}
}

func hard(labels ...map[string]string) []Alert { return all(true, labels) }

func soft(labels ...map[string]string) []Alert { return all(false, labels) }

func all(hard bool, labels []map[string]string) []Alert {
	var out []Alert
	for _, l := range labels {
		out = append(out, Alert{Labels: l, Hard: hard})
	}
	return out
}

func mustNew(t testing.TB, configs []Config) *Graph {
	t.Helper()
	g, err := New(configs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReach(t *testing.T) {
	t.Parallel()
	g := mustNew(t, farm())
	disk := map[string]string{"alertname": "DiskFull", "class": "resource", "instance": "rack3-db"}
	a, b, core := named("switch-a"), on("sw-b"), named("core")
	for name, tt := range map[string]struct {
		alerts []Alert
		of     map[string]string
		state  State
		why    string
	}{
		"nothing is wrong":           {nil, disk, Reachable, ""},
		"one way is left":            {hard(a), disk, Reachable, ""},
		"no way is left":             {hard(a, b), disk, Unreachable, "switch-a switch-b"},
		"a way may be left":          {append(hard(a), soft(b)...), disk, Waiting, "switch-a switch-b"},
		"a soft way beside a good":   {soft(a), disk, Reachable, ""},
		"the root comes first":       {hard(core), disk, Unreachable, "core switch-a switch-b"},
		"a soft root":                {soft(core), disk, Waiting, "core switch-a switch-b"},
		"the root of what is silent": {hard(core), b, Unreachable, "core"},
		"down for itself and above":  {hard(core, a, b), disk, Unreachable, "core switch-a switch-b"},
		"the root itself":            {hard(core), core, Reachable, ""},
		"no node's":                  {hard(core), on("elsewhere"), Reachable, ""},
		"two roots":                  {hard(core, named("ns1")), named("shop"), Unreachable, "ns1 core rack3"},
		"certain beats uncertain":    {append(hard(named("ns1")), soft(core)...), named("shop"), Unreachable, "ns1"},
		"down while it waits":        {append(hard(on("rack3-x")), soft(core)...), named("shop"), Unreachable, "rack3"},
		"its own alerts are told":    {hard(on("rack3-x")), on("rack3-x"), Reachable, ""},
		"of two nodes, one is well":  {hard(a, b), on("rack3-web"), Reachable, ""},
		"both of two nodes": {
			hard(a, b, named("ns1"), named("ns3")),
			on("rack3-web"),
			Unreachable, "ns1 ns3 switch-a switch-b",
		},
		"one of three name servers": {hard(core, named("ns2")), on("rack3-web"), Reachable, ""},
	} {
		got := g.Judge(tt.alerts).Of(tt.of)
		if got.State != tt.state || !sameNames(got.Because, tt.why) {
			t.Errorf("%s: %v because of %v, want %v because of %v", name, got.State, got.Because, tt.state, tt.why)
		}
	}
}

// sameNames compares names whatever their order.
func sameNames(got []string, want string) bool {
	names := strings.Fields(want)
	if len(got) != len(names) {
		return false
	}
	left := map[string]bool{}
	for _, n := range names {
		left[n] = true
	}
	for _, n := range got {
		delete(left, n)
	}
	return len(left) == 0
}

func TestRootsComeFirst(t *testing.T) {
	t.Parallel()
	g := mustNew(t, []Config{
		{Name: "host", Needs: Needs{All: []string{"leaf"}}},
		{Name: "leaf", Needs: Needs{All: []string{"spine"}}},
		{Name: "spine", Needs: Needs{All: []string{"core"}}},
		{Name: "core"},
	})
	got := g.Judge(hard(named("leaf"), named("core"), named("spine"))).Of(named("host"))
	if diff := cmp.Diff(Reach{Unreachable, []string{"core", "leaf"}}, got); diff != "" {
		t.Error(diff)
	}
	got = g.Judge(append(hard(named("spine")), soft(named("core"))...)).Of(named("host"))
	if diff := cmp.Diff(Reach{Unreachable, []string{"spine", "leaf"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReachInWords(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Reach{
		"reachable":                                        {},
		"waiting, because of core":                         {Waiting, []string{"core"}},
		"unreachable, because of core, leaf":               {Unreachable, []string{"core", "leaf"}},
		"unreachable, because of a, b, c, d, e":            {Unreachable, []string{"a", "b", "c", "d", "e"}},
		"unreachable, because of a, b, c, d, e and 1 more": {Unreachable, []string{"a", "b", "c", "d", "e", "f"}},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestImpliedNodes(t *testing.T) {
	t.Parallel()
	both := map[string]string{"alertname": "ping", "instance": "a"}
	g := mustNew(t, []Config{
		{Name: "core"},
		{Name: "a", Alerts: `instance="a"`, Needs: Needs{All: []string{"ping"}}},
		{Name: "b", Alerts: `alertname="disk"`, Needs: Needs{All: []string{"core"}}},
		{Name: "c", Needs: Needs{All: []string{"disk"}}},
	})
	v := g.Judge(append(hard(both, named("core")), hard(named("disk"))...))
	if r := v.Of(both); r.State != Reachable {
		t.Errorf("an alert holds itself back: %+v", r)
	}
	if r := v.Of(map[string]string{"alertname": "x", "instance": "a"}); r.State != Unreachable {
		t.Errorf("an alert of the node that needs it: %+v", r)
	}
	if r := v.Of(named("disk")); r.State != Unreachable {
		t.Errorf("an alert that others name is told while its node is unreachable: %+v", r)
	}
	if r := v.Of(named("c")); r.State != Unreachable || r.Because[0] != "disk" {
		t.Errorf("what needs a name: %+v", r)
	}
}

func TestNamesNeedNoQuotes(t *testing.T) {
	t.Parallel()
	odd := `a "b" \ é`
	g := mustNew(t, []Config{{Name: "x", Needs: Needs{All: []string{odd}}}})
	if r := g.Judge(hard(named(odd))).Of(named("x")); r.State != Unreachable {
		t.Errorf("%+v", r)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	configs := []Config{
		{Name: "a", Needs: Needs{All: []string{"b"}}},
		{Name: "b", Needs: Needs{Any: []string{"c", "nobody"}}},
		{Name: "c", Needs: Needs{All: []string{"a", "a"}}},
		{Name: "self", Alerts: "{}", Needs: Needs{All: []string{"self"}}},
		{Name: "self", Alerts: `x="`},
		{Name: "", Needs: Needs{Any: []string{}}},
		{Name: "k", Needs: Needs{AtLeast: &AtLeast{Count: 3, Of: []string{"check", "a"}}}},
		{Name: "z", Needs: Needs{AtLeast: &AtLeast{Count: 0, Of: []string{"a"}}}},
		{Name: "two", Needs: Needs{Any: []string{"a"}, All: []string{"b"}}},
		{Name: "e", Needs: Needs{AtLeast: &AtLeast{Count: 1}}},
		{Name: "ctrl\x00"},
	}
	err := Validate("dependencies", configs, []string{"check"})
	if err == nil {
		t.Fatal("a graph full of mistakes is accepted")
	}
	for _, want := range []string{
		`dependencies[0].needs: is a cycle: a -> b -> c -> a`,
		`dependencies[1].needs.any[1]: there is no node, check, rule or service "nobody"`,
		`dependencies[2].needs.all[1]: "a" is named twice`,
		`dependencies[3].alerts: "{}" picks every alert`,
		`dependencies[3].needs: is a cycle: self -> self`,
		`dependencies[4].name: "self" is taken`,
		`dependencies[4].alerts: "x=\"": `,
		`dependencies[5].name: is missing`,
		`dependencies[5].needs.any: is empty`,
		`dependencies[6].needs.at_least.count: 3 is not between 1 and 2`,
		`dependencies[7].needs.at_least.count: 0 is not between 1 and 1`,
		`dependencies[8].needs: may have only one of any, all, at_least`,
		`dependencies[9].needs.at_least.of: is empty`,
		`dependencies[10].name: "ctrl\x00" is too long`,
	} {
		if !strings.Contains("\n"+err.Error(), "\n"+want) {
			t.Errorf("%s\nis not reported in:\n%v", want, err)
		}
	}
	if _, err := New(configs); err == nil {
		t.Error("New takes a graph full of mistakes")
	}
}

func TestCyclesAreNamedWhole(t *testing.T) {
	t.Parallel()
	needs := func(name string, all ...string) Config { return Config{Name: name, Needs: Needs{All: all}} }
	err := Validate("d", []Config{
		needs("x", "c"), needs("b", "c"), needs("c", "b", "d"), needs("d", "e"), needs("e", "d"),
	}, nil)
	want := errors.Join(
		errors.New("d[1].needs: is a cycle: b -> c -> b"),
		errors.New("d[3].needs: is a cycle: d -> e -> d"),
	)
	if fmt.Sprint(err) != fmt.Sprint(want) {
		t.Errorf("got\n%v\nwant\n%v", err, want)
	}
}

func TestFarmIsValid(t *testing.T) {
	t.Parallel()
	if err := Validate("dependencies", farm(), []string{"ns1", "ns2", "ns3"}); err != nil {
		t.Error(err)
	}
	if err := Validate("dependencies", nil, nil); err != nil {
		t.Error(err)
	}
}
