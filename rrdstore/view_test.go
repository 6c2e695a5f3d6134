package rrdstore

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
)

// The labels of a timing's views are those of the vocabulary.
func TestViewsOfATiming(t *testing.T) {
	sr := &series{labels: named("t", "host", "a", "quantile", "mine"), kind: metric.Timing}
	var want []string
	for _, q := range metric.Quantiles {
		want = append(want, metric.QuantileLabels(sr.labels, q).String())
	}
	for _, column := range timerDS[columnMin:] {
		want = append(want, metric.SuffixLabels(sr.labels, "_"+column).String())
	}
	var made labels.Builder
	var got []string
	for _, v := range viewsOf(sr) {
		l := v.labels(&made)
		got = append(got, l.String())
		for _, name := range []string{"__name__", "host", "quantile", "none"} {
			if v.value(name) != l.Get(name) {
				t.Errorf("%s: the value of %s is %q", l, name, v.value(name))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// drawn are a few series and matchers whose names and values meet each other.
type drawn struct{ *rapid.T }

func (d drawn) one(what string, of ...string) string { return rapid.SampledFrom(of).Draw(d.T, what) }

func (d drawn) series() *series {
	b := labels.NewBuilder(named(d.one("name", "t", "t_max", "t_max_max", "u", "u_count")))
	b.Set("host", d.one("host", "", "a", "b")).Set("quantile", d.one("quantile", "", "", "0.5", "mine"))
	return &series{labels: b.Labels(), kind: rapid.SampledFrom([]metric.Kind{metric.Gauge, metric.Timing}).Draw(d.T, "kind")}
}

func (d drawn) matcher() *labels.Matcher {
	label := d.one("label", "__name__", "__name__", "host", "quantile", "none")
	value := d.one("value", "", "t", "t_max", "t_max_max", "u_count", "t_sum", "a", "0.5", "0.95", "mine", ".+", "t.*", ".*_max", "0.5|mine")
	kinds := []labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}
	return labels.MustNewMatcher(rapid.SampledFrom(kinds).Draw(d.T, "match"), label, value)
}

// allLabels is the index as it would be if all labels of all views were kept.
type allLabels map[string]labels.Labels

func (m allLabels) add(sr *series) (clash bool) {
	var made labels.Builder
	views := viewsOf(sr)
	for _, v := range views {
		_, is := m[v.labels(&made).String()]
		clash = clash || is
	}
	if !clash {
		for _, v := range views {
			l := v.labels(&made)
			m[l.String()] = l
		}
	}
	return clash
}

// What is found, and what is taken, is the same as with all labels kept.
func TestIndexKnowsWhatItDoesNotKeep(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, x, m := drawn{rt}, newIndex(), allLabels{}
		for range rapid.IntRange(1, 12).Draw(rt, "series") {
			sr := d.series()
			if x.lookup(sr.labels) != nil {
				continue
			}
			b := batch{store: &Store{index: x}}
			clash := b.clashes(sr)
			if want := m.add(sr); clash != want {
				rt.Fatalf("%s %s: taken is %v", sr.kind, sr.labels, clash)
			}
			if clash {
				continue
			}
			x.add(sr)
			if x.lookup(sr.labels) != sr {
				rt.Fatalf("%s is not found", sr.labels)
			}
		}
		var ms []*labels.Matcher
		for range rapid.IntRange(0, 3).Draw(rt, "matchers") {
			ms = append(ms, d.matcher())
		}
		m.compare(rt, x, ms)
	})
}

func (m allLabels) compare(rt *rapid.T, x *index, ms []*labels.Matcher) {
	var want, names, values []string
	for text, l := range m {
		if !matchAll(l, ms) {
			continue
		}
		want = append(want, text)
		l.Range(func(l labels.Label) {
			names = append(names, l.Name)
			values = append(values, l.Name+"="+l.Value)
		})
	}
	var made labels.Builder
	var got, gotValues []string
	for _, v := range x.find(ms) {
		got = append(got, v.labels(&made).String())
	}
	gotNames := x.labelNames(ms)
	for _, name := range gotNames {
		for _, value := range x.labelValues(name, ms) {
			gotValues = append(gotValues, name+"="+value)
		}
	}
	for what, pair := range map[string][2][]string{"views": {want, got}, "names": {names, gotNames}, "values": {values, gotValues}} {
		want, got := sorted(pair[0]), sorted(pair[1])
		if what == "views" && len(got) != len(pair[1]) {
			rt.Errorf("%v: some views are found twice: %v", ms, pair[1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("%s that %v match: %s", what, ms, diff)
		}
	}
}

func sorted(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// Series whose hashes are the same are told apart by their labels.
func TestClashingHashes(t *testing.T) {
	c := newCatalog()
	for _, name := range []string{"g0", "g1"} {
		c.add(&series{labels: named(name)})
	}
	for _, name := range []string{"g1", "g2"} { // as if their hash were that of g0
		h := named(name).Hash()
		c.byHash[h], c.clashing[h] = 0, []uint32{1}
	}
	if got := c.lookup(named("g1")); got != c.series[1] {
		t.Errorf("g1 is %v", got)
	}
	if got := c.lookup(named("g2")); got != nil {
		t.Errorf("g2 is %v", got)
	}
}
