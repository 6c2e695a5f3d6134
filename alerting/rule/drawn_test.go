package rule

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDrawnOf(t *testing.T) {
	level := func(v float64) *float64 { return &v }
	for short, want := range map[string]Drawn{
		"disk_used_percent > 90":             {"disk_used_percent", level(90)},
		"(5 < rate(errors_total[1m]))":       {"rate(errors_total[1m])", level(5)},
		"up == 0":                            {"up", nil},
		"a > b":                              {"a > b", nil},
		"absent(up)":                         {"absent(up)", nil},
		"peers of rate(errors_total[1m])":    {"rate(errors_total[1m])", nil},
		"runs_out of disk_free_bytes":        {"disk_free_bytes", nil},
		"this is no expression, but of some": {"this is no expression, but of some", nil},
	} {
		if diff := cmp.Diff(want, DrawnOf(short)); diff != "" {
			t.Errorf("%s: %s", short, diff)
		}
	}
}
