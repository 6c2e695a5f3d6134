package depend

import (
	"fmt"
	"sync"
	"testing"
)

// tree is a core, switches that need it, and racks that need one of two.
func tree(switches, racks int) []Config {
	configs := []Config{{Name: "core"}}
	for i := range switches {
		configs = append(configs, Config{Name: fmt.Sprintf("sw%d", i), Needs: Needs{All: []string{"core"}}})
	}
	for i := range racks {
		configs = append(configs, Config{
			Name: fmt.Sprintf("rack%d", i), Alerts: fmt.Sprintf(`instance=~"rack%d-.*"`, i),
			Needs: Needs{Any: []string{fmt.Sprintf("sw%d", i%switches), fmt.Sprintf("sw%d", (i+1)%switches)}},
		})
	}
	return configs
}

func storm(racks, alerts int) []Alert {
	out := hard(named("core"))
	for i := range alerts {
		out = append(out, hard(on(fmt.Sprintf("rack%d-%d", i%racks, i)))...)
	}
	return out
}

// BenchmarkTick judges 5,000 alerts in a graph of 551 nodes and asks for each.
func BenchmarkTick(b *testing.B) {
	g, alerts := mustNew(b, tree(50, 500)), storm(500, 5000)
	b.ReportAllocs()
	for b.Loop() {
		v := g.Judge(alerts)
		for _, a := range alerts[1:] {
			if r := v.Of(a.Labels); r.State != Unreachable || r.Because[0] != "core" {
				b.Fatalf("%+v", r)
			}
		}
	}
}

// BenchmarkFirstTick is the same where no alert was seen before.
func BenchmarkFirstTick(b *testing.B) {
	g, alerts := mustNew(b, tree(50, 500)), storm(500, 5000)
	for b.Loop() {
		clear(g.places)
		g.Judge(alerts)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	g, alerts := mustNew(t, tree(3, 10)), storm(10, 50)
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			v := g.Judge(alerts)
			for _, a := range alerts[1:] {
				if r := v.Of(a.Labels); r.State != Unreachable {
					t.Errorf("%v: %+v", a.Labels, r)
				}
			}
		})
	}
	asking.Wait()
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	g := mustNew(t, tree(2, 1))
	v := g.Judge(nil)
	for i := range maxPlaces + 10 {
		v.Of(named(fmt.Sprint(i)))
	}
	if n := len(g.places); n > maxPlaces {
		t.Errorf("%d places are remembered", n)
	}
}
