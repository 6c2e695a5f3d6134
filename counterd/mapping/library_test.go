package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/statsd_exporter/pkg/mapper"
	"pgregory.net/rapid"

	"plimsoll/counterd/line"
)

// The rules, each with a mapper of its own here, do what they do in one mapper of
// the library: for rules of equal length, since that loses short ones, and with
// its backtracking on, since it loses others without.
func TestAsTheLibrary(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		t.Run(fmt.Sprintf("glob_disable_ordering=%v", unordered), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { againstLibrary(t, unordered) })
		})
	}
}

func againstLibrary(t *rapid.T, unordered bool) {
	fields := rapid.IntRange(1, 4).Draw(t, "fields")
	words := func(from ...string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(from), fields, fields).Draw(t, "words"), ".")
	}
	text := fmt.Sprintf("defaults: {glob_disable_ordering: %v}\nmappings:\n", unordered)
	var seen []string
	for i := range rapid.IntRange(1, 6).Draw(t, "rules") {
		match, kind := words("a", "b", "*"), rapid.SampledFrom([]string{"glob", "regex"}).Draw(t, "type")
		metric := rapid.SampledFrom([]string{"", "counter", "gauge", "observer"}).Draw(t, "metric")
		if kind == "glob" && slices.Contains(seen, match) {
			continue // of equal globs the library takes the first, with the priority of the last
		}
		seen = append(seen, match)
		if kind == "regex" {
			match = strings.NewReplacer(".", `\.`, "*", "(.*)").Replace(match)
		}
		text += fmt.Sprintf("- {match: '%s', match_type: %s, name: 'r%d_$1', labels: {from: '$0', last: '${2}x'}", match, kind, i)
		if metric != "" {
			text += ", match_metric_type: " + metric
		}
		text += "}\n"
	}
	ours, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	theirs := &mapper.MetricMapper{}
	if err := theirs.InitFromYAMLString(text); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	if theirs.FSM != nil {
		theirs.FSM.BacktrackingNeeded = true
	}
	raw, k := words("a", "b", "c"), line.Kind(rapid.IntRange(0, line.Kinds-1).Draw(t, "kind"))
	got, ok := ours.Map(raw, k)
	mapping, set, matches := theirs.GetMapping(raw, metricTypes[k])
	if ok != matches {
		t.Fatalf("%s%s as %v: %v, the library %v", text, raw, k, ok, matches)
	}
	if !ok {
		return
	}
	if diff := cmp.Diff(map[string]string(set), got.Labels); diff != "" || got.Name != mapping.Name {
		t.Fatalf("%s%s as %v: %s, the library %s\n%s", text, raw, k, got.Name, mapping.Name, diff)
	}
}
