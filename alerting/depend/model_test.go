package depend

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is the meaning of a graph, without any of its shortcuts: what could be
// if each undecided node were up, or were not.
type model struct {
	configs []Config
	index   map[string]int
	own     map[string]standing
}

// reach returns the state of a node's needs over all worlds.
func (m model) reach(name string) State {
	var doubtful []string
	for n, s := range m.own {
		if s == undecided {
			doubtful = append(doubtful, n)
		}
	}
	met, unmet := false, false
	for world := range 1 << len(doubtful) {
		ups := map[string]bool{}
		for n, s := range m.own {
			ups[n] = s == up
		}
		for i, n := range doubtful {
			ups[n] = world>>i&1 == 1
		}
		if m.met(name, ups) {
			met = true
		} else {
			unmet = true
		}
	}
	switch {
	case met && unmet:
		return Waiting
	case unmet:
		return Unreachable
	}
	return Reachable
}

func (m model) met(name string, ups map[string]bool) bool {
	i, ok := m.index[name]
	if !ok {
		return true
	}
	_, names, count := m.configs[i].Needs.list()
	for _, p := range names {
		if good, known := ups[p]; (good || !known) && m.met(p, ups) {
			count--
		}
	}
	return count <= 0
}

func (m model) alerts() []Alert {
	var out []Alert
	for _, name := range slices.Sorted(maps.Keys(m.own)) {
		if s := m.own[name]; s != up {
			out = append(out, Alert{Labels: named(name), Hard: s == down})
		}
	}
	return out
}

// check compares the graph with the model, node by node, and looks at who is
// blamed: above the node, not up, and the first of them for its own alerts.
func (m model) check(g *Graph) error {
	v := g.Judge(m.alerts())
	for _, c := range m.configs {
		r, want := v.Of(named(c.Name)), m.reach(c.Name)
		if r.State != want {
			return fmt.Errorf("%s is %v, want %v", c.Name, r.State, want)
		}
		if (len(r.Because) > 0) != (want != Reachable) {
			return fmt.Errorf("%s is %v because of %q", c.Name, r.State, r.Because)
		}
		for i, b := range r.Because {
			switch {
			case !m.above(b, c.Name):
				return fmt.Errorf("%s: %s is not above it", c.Name, b)
			case m.own[b] == up && m.reach(b) == Reachable:
				return fmt.Errorf("%s: %s is up", c.Name, b)
			case want == Unreachable && m.own[b] != down && m.reach(b) != Unreachable:
				return fmt.Errorf("%s is unreachable because of %s, which may be up", c.Name, b)
			case i == 0 && m.own[b] == up:
				return fmt.Errorf("%s: the first to blame, %s, has no alert", c.Name, b)
			case i == 0 && m.reach(b) == Unreachable:
				return fmt.Errorf("%s: the first to blame, %s, is unreachable", c.Name, b)
			}
		}
	}
	return nil
}

func (m model) above(parent, name string) bool {
	i, ok := m.index[name]
	if !ok {
		return false
	}
	_, names, _ := m.configs[i].Needs.list()
	return slices.ContainsFunc(names, func(p string) bool { return p == parent || m.above(parent, p) })
}

// everyNeeds is all that a node may need of others.
func everyNeeds(others []string) []Needs {
	out := []Needs{{}}
	for subset := 1; subset < 1<<len(others); subset++ {
		var of []string
		for i, name := range others {
			if subset>>i&1 == 1 {
				of = append(of, name)
			}
		}
		for k := 1; k <= len(of); k++ {
			out = append(out, Needs{AtLeast: &AtLeast{Count: k, Of: of}})
		}
	}
	return out
}

func TestEveryGraphOfFour(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d"}
	graphs, cases := 0, 0
	var grow func([]Config)
	grow = func(configs []Config) {
		if n := len(configs); n < len(names) {
			for _, needs := range everyNeeds(names[:n]) {
				grow(append(slices.Clone(configs), Config{Name: names[n], Needs: needs}))
			}
			return
		}
		graphs++
		slices.Reverse(configs) // so that order is not what makes it work
		g := mustNew(t, configs)
		for word := range 81 {
			m := model{configs: configs, index: indexed(configs), own: map[string]standing{}}
			for _, name := range names {
				m.own[name] = standing(word % 3)
				word /= 3
			}
			if err := m.check(g); err != nil {
				t.Fatalf("%+v with %v: %v", configs, m.own, err)
			}
			cases++
		}
	}
	grow(nil)
	if graphs != 130 || cases != 130*81 {
		t.Errorf("%d graphs, %d cases", graphs, cases)
	}
}

// drawGraph draws nodes that need earlier ones or implied ones, in any order.
func drawGraph(t *rapid.T) []Config {
	n := rapid.IntRange(1, 8).Draw(t, "nodes")
	var configs []Config
	names := []string{"check-x", "check-y"}
	for i := range n {
		c := Config{Name: fmt.Sprintf("n%d", i)}
		of := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(t, "needs")
		if len(of) > 0 {
			switch count := rapid.IntRange(1, len(of)).Draw(t, "count"); {
			case count == 1 && rapid.Bool().Draw(t, "any"):
				c.Needs.Any = of
			case count == len(of):
				c.Needs.All = of
			default:
				c.Needs.AtLeast = &AtLeast{Count: count, Of: of}
			}
		}
		names = append(names, c.Name)
		configs = append(configs, c)
	}
	return rapid.Permutation(configs).Draw(t, "order")
}

func TestGraphIsItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		configs := drawGraph(t)
		g, err := New(configs)
		if err != nil {
			t.Fatal(err)
		}
		m := model{configs: configs, index: indexed(configs), own: map[string]standing{}}
		for _, n := range g.nodes {
			m.own[n.name] = rapid.SampledFrom([]standing{up, up, undecided, down}).Draw(t, n.name)
		}
		if err := m.check(g); err != nil {
			t.Fatalf("%+v with %v: %v", configs, m.own, err)
		}
	})
}

func TestNoAlertHoldsItselfBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		configs := drawGraph(t)
		hosts := []string{"h0", "h1", "h2", "h3"}
		for i := range configs {
			of := rapid.SliceOfNDistinct(rapid.SampledFrom(hosts), 1, 3, rapid.ID[string]).Draw(t, "hosts")
			configs[i].Alerts = fmt.Sprintf("instance=~%q", strings.Join(of, "|"))
		}
		g, err := New(configs)
		if err != nil {
			t.Fatal(err)
		}
		var alerts []Alert
		for range rapid.IntRange(1, 6).Draw(t, "alerts") {
			alerts = append(alerts, Alert{Hard: rapid.Bool().Draw(t, "hard"), Labels: map[string]string{
				"instance":  rapid.SampledFrom(hosts).Draw(t, "instance"),
				"alertname": rapid.SampledFrom([]string{"check-x", "check-y", "other"}).Draw(t, "alertname"),
			}})
		}
		v := g.Judge(alerts)
		for _, a := range alerts {
			others := slices.DeleteFunc(slices.Clone(alerts), func(b Alert) bool { return maps.Equal(a.Labels, b.Labels) })
			with, without := v.Of(a.Labels), g.Judge(others).Of(a.Labels)
			if with.State != Reachable && without.State == Reachable {
				t.Fatalf("%+v: %v is %v because of %v, for itself", configs, a.Labels, with.State, with.Because)
			}
		}
		shuffled := rapid.Permutation(alerts).Draw(t, "shuffled")
		fresh, err := New(configs)
		if err != nil {
			t.Fatal(err)
		}
		again := fresh.Judge(shuffled)
		for _, a := range alerts {
			if diff := cmp.Diff(v.Of(a.Labels), again.Of(a.Labels)); diff != "" {
				t.Fatalf("order or memory matters: %s", diff)
			}
		}
	})
}
