package mapping

import (
	"strings"
	"testing"

	"plimsoll/counterd/line"
)

// FuzzParse reads any file and maps any name: nothing may panic, and what comes
// out must be fit for a series, the same each time.
func FuzzParse(f *testing.F) {
	f.Add("", "a", "")
	f.Add("mappings:\n- match: a.*\n  name: x_$1\n  labels: {k1: \"$1\"}\n", "a.b", "k1:v")
	f.Add("mappings:\n- match: (.+)--(.*)\n  match_type: regex\n  name: $2\n  scale: 2\n", "a--b.c", "")
	f.Add("defaults: {match_type: regex, ttl: 1m}\nmappings:\n- {match: '.', action: drop, name: d}\n", "a", "")
	f.Add("defaults: {glob_disable_ordering: true}\nmappings:\n- {match: a.*, name: b, honor_labels: true}\n- {match: a.b, name: c, match_metric_type: gauge}\n", "a.b", "x")
	f.Fuzz(func(t *testing.T, text, name, tags string) {
		m, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for k := range line.Kind(line.Kinds) {
			r, ok := m.Map(name, k)
			again, same := m.Map(name, k)
			if ok != same || r.Name != again.Name || r.Drop != again.Drop || len(r.Labels) != len(again.Labels) {
				t.Fatalf("%q: %+v %v, then %+v %v", name, r, ok, again, same)
			}
			if !ok || r.Drop {
				continue
			}
			if r.Scale < -maxScale || r.Scale > maxScale || line.MetricName(line.Gauge, []byte(r.Name)) != r.Name {
				t.Errorf("%q: %+v", name, r)
			}
			set, reason := r.Series(k, []byte(tags))
			if reason == line.Good && (set.Get("__name__") != r.Name || strings.Contains(set.String(), `=""`)) {
				t.Errorf("%q: %v", name, set)
			}
		}
	})
}
