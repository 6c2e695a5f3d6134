package rule

import "testing"

func TestLevelsAreTakenApart(t *testing.T) {
	for expr, want := range map[string][2]string{
		"load > 8":                      {"load > 9", "load < 7"},
		"(a / b) <= 0.5":                {"(a / b) <= 9", "(a / b) > 7"},
		"(8 < load)":                    {"9 < load", "7 > load"},
		"8 >= sum by (x) (rate(c[5m]))": {"9 >= sum by (x) (rate(c[5m]))", "7 < sum by (x) (rate(c[5m]))"},
	} {
		l, ok := LevelOf(expr)
		if !ok {
			t.Errorf("%s is not taken apart", expr)
			continue
		}
		if got := [2]string{l.At(9), l.Clear(7)}; got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
	for _, expr := range []string{"up == 0", "a > b", "a > bool 1", "absent(up)", "a >", "a > 1 and b"} {
		if _, ok := LevelOf(expr); ok {
			t.Errorf("%s is taken apart", expr)
		}
	}
	if l, _ := LevelOf("8 > x"); l.Above {
		t.Error("what is below 8 is above a level")
	}
}
