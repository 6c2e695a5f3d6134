package compliance

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

// scripts tells of each whether it is run. One that upstream adds fails the
// test until it stands here.
var scripts = map[string]bool{
	"aggregators.test":         true,
	"at_modifier.test":         true,
	"collision.test":           true,
	"duration_expression.test": true,
	"extended_vectors.test":    true,
	"fill-modifier.test":       true,
	"functions.test":           true,
	"histograms.test":          true,
	"info.test":                true,
	"limit.test":               true,
	"literals.test":            true,
	"name_label_dropping.test": true,
	"native_histograms.test":   false, // all its series are native histograms, which a store refuses
	"operators.test":           true,
	"range_queries.test":       true,
	"selectors.test":           true,
	"staleness.test":           true,
	"start_timestamps.test":    true,
	"subquery.test":            true,
	"trig_functions.test":      true,
	"type_and_unit.test":       true,
}

// holes are the series for which it matters that nothing was sent for a step, in
// archives: there that step is unknown and ends the series for a while, while
// Prometheus goes on with the sample before.
var holes = map[string]string{
	`at_modifier.test: {__name__="metric_missing"}`:                           hole,
	`info.test: {__name__="metric", instance="a", job="1", label="value"}`:    hole,
	`info.test: {__name__="target_info", data="info", instance="a", job="1"}`: hole,
}

const hole = "a step without a sample is unknown in an archive"

// picked runs the scripts that are to be run.
type picked struct {
	*testing.T
	seen map[string]bool
}

func (p picked) Run(name string, do func(*testing.T)) bool {
	name = path.Base(name)
	run, known := scripts[name]
	if !known {
		p.Errorf("%s is new: say whether it is run", name)
	}
	p.seen[name] = true
	return !run || p.T.Run(name, do)
}

func TestScripts(t *testing.T) {
	var refused []string
	for what, written := range map[string]bool{"waiting": false, "written": true} {
		t.Run(what, func(t *testing.T) {
			engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
			p := picked{t, map[string]bool{}}
			promqltest.RunBuiltinTestsWithStorage(p, engine, func(tb testing.TB) storage.Storage {
				file := path.Base(tb.Name())
				return &shelf{TB: tb, file: file, written: written, series: map[string]*loaded{}, note: func(reason string, l labels.Labels) {
					refused = append(refused, fmt.Sprintf("%s: %s: %s", file, reason, l))
				}}
			})
			if len(p.seen) != len(scripts) {
				t.Errorf("of %d scripts %d are there", len(scripts), len(p.seen))
			}
		})
	}
	slices.Sort(refused)
	refused = slices.Compact(refused)
	want, err := os.ReadFile("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), strings.Join(refused, "\n")+"\n"); diff != "" {
		t.Errorf("testdata/refused.txt is not what was refused: %s", diff)
	}
}
