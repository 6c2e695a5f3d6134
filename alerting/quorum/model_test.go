package quorum

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
)

// badness orders severities as a service gives them.
func badness(s metric.Severity) int {
	return slices.Index([]metric.Severity{metric.OK, metric.Warning, metric.Unknown, metric.Critical}, s)
}

// TestEveryServiceOfThree tries each of three members in each of the ways that
// it can be: up, down, silent, never seen, long silent, up with a hard alert.
func TestEveryServiceOfThree(t *testing.T) {
	t.Parallel()
	const ways = 6
	levels := []string{"", "1", "2", "3", "40%", "50%", "1 or 50%", "2 and 50%"}
	for _, warning := range levels {
		for _, critical := range levels {
			c := web()
			c.Warning, c.Critical = warning, critical
			if c.WithDefaults().Validate("") != nil {
				continue
			}
			s := mustNew(t, c)
			for word := range ways * ways * ways {
				v, w := vector{}, World{Known: map[string]time.Time{}}
				down, total, lapsed := 0, 0, 0
				for i := range 3 {
					name := fmt.Sprint("m", i)
					way := word % ways
					word /= ways
					switch way {
					case 0:
						v[name] = 1
					case 1:
						v[name] = 0
					case 2:
						w.Known[name] = start().Add(-time.Minute)
					case 4:
						w.Known[name] = start().Add(-90 * time.Minute)
						lapsed++
					case 5:
						v[name] = 1
						w.Alerts = append(w.Alerts, hostDown(name))
					}
					if way != 3 && way != 4 {
						total++
					}
					if way == 1 || way == 2 || way == 5 {
						down++
					}
				}
				f := look(t, s, v, start(), w)
				want := naive(s, down, total)
				absent := want == metric.OK && naive(s, down+lapsed, total+lapsed) != metric.OK
				if f.Severity != want || len(f.Down) != down || len(f.Members) != total || f.Absent != absent {
					t.Fatalf("%q, %q: %v with %+v gave %+v, want %v, %d of %d down", warning, critical, v, w, f, want, down, total)
				}
			}
		}
	}
}

// naive is what package doc says of severities.
func naive(s *Service, down, total int) metric.Severity {
	if s.critical.Crossed(down, total) {
		return metric.Critical
	}
	if total < 1 || total < s.MinMembers {
		return metric.Unknown
	}
	if s.warning.Crossed(down, total) {
		return metric.Warning
	}
	return metric.OK
}

// TestLooksAreTheirModel makes many looks, each with what the one before left,
// beside a model that remembers every report there ever was.
func TestLooksAreTheirModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := web()
		c.MinMembers = rapid.IntRange(0, 4).Draw(r, "min_members")
		s := mustNew(t, c)
		last := map[string]time.Time{}
		var known map[string]time.Time
		at := start()
		for range rapid.IntRange(1, 12).Draw(r, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute)
			v, w, down := drawWorld(r)
			w.Known = known
			for name, value := range v {
				if !math.IsNaN(value) {
					last[name] = at
				}
			}
			var members, downs []string
			for _, name := range slices.Sorted(maps.Keys(last)) {
				if at.Sub(last[name]) > time.Hour {
					continue
				}
				members = append(members, name)
				if down[name] || !last[name].Equal(at) {
					downs = append(downs, name)
				}
			}
			f := look(t, s, v, at, w)
			if diff := cmp.Diff([][]string{members, downs}, [][]string{f.Members, f.Down}); diff != "" {
				r.Fatal(diff)
			}
			if want := naive(s, len(downs), len(members)); f.Severity != want {
				r.Fatalf("%v, want %v: %+v", f.Severity, want, f)
			}
			worsen(t, r, s, v, at, w, f)
			known = f.Known
		}
	})
}

// drawWorld draws reports and alerts, and says who is down by them.
func drawWorld(r *rapid.T) (vector, World, map[string]bool) {
	v, w, down := vector{}, World{}, map[string]bool{}
	for i := range 6 {
		name := fmt.Sprint("m", i)
		switch rapid.SampledFrom([]string{"up", "up", "down", "silent", "no number"}).Draw(r, name) {
		case "up":
			v[name] = 1
		case "down":
			v[name], down[name] = 0, true
		case "no number":
			v[name] = math.NaN()
		}
		if rapid.IntRange(0, 5).Draw(r, "alert") == 0 {
			w.Alerts, down[name] = append(w.Alerts, hostDown(name)), true
		}
	}
	return v, w, down
}

// worsen lets one member that reports be down or, known before, be silent, and
// sees that nothing gets better.
func worsen(t *testing.T, r *rapid.T, s *Service, v vector, at time.Time, w World, before Finding) {
	if len(v) == 0 {
		return
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(v))).Draw(r, "worse")
	worse := maps.Clone(v)
	if last, ok := w.Known[name]; ok && at.Sub(last) <= s.Forget && rapid.Bool().Draw(r, "silent") {
		delete(worse, name)
	} else if !math.IsNaN(v[name]) {
		worse[name] = 0
	}
	after := look(t, s, worse, at, w)
	if badness(after.Severity) < badness(before.Severity) {
		r.Fatalf("%s gets worse, and the service better: %+v, then %+v", name, before, after)
	}
}

func BenchmarkLook(b *testing.B) {
	s := mustNew(b, web())
	v, w := farm(1000, "web3"), World{}
	for i := range 5000 {
		w.Alerts = append(w.Alerts, hostDown(fmt.Sprintf("db%d", i)))
	}
	for b.Loop() {
		f := look(b, s, v, start(), w)
		if len(f.Down) != 1 {
			b.Fatal(f.Summary)
		}
		w.Known = f.Known
	}
}

func BenchmarkHas(b *testing.B) {
	c := web()
	c.Checks = []string{"web-*", "www-*"}
	s := mustNew(b, c)
	f := look(b, s, farm(1000), start(), World{})
	in, out := hostDown("web7"), hostDown("db7")
	b.ReportAllocs()
	for b.Loop() {
		if !s.Has(in, f) || s.Has(out, f) {
			b.Fatal("wrong")
		}
	}
}
