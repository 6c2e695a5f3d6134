package line_test

import (
	"testing"

	"plimsoll/counterd/line"
	"plimsoll/counterd/line/conformance"
)

func load(t testing.TB) []conformance.Case {
	t.Helper()
	cases, err := conformance.Load("testdata/conformance.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 70 {
		t.Fatalf("only %d rows", len(cases))
	}
	return cases
}

func TestConformance(t *testing.T) {
	p := line.Parser{MaxName: 250, MaxTags: 1000}
	seen := map[string]bool{}
	for _, c := range load(t) {
		before := string(c.Line)
		if got := conformance.Outcome(&p, c.Line); got != c.Want {
			t.Errorf("row %d: %q\ngot  %s\nwant %s", c.Row, c.Line, got, c.Want)
		}
		if string(c.Line) != before {
			t.Errorf("row %d: %q became %q", c.Row, before, c.Line)
		}
		if seen[before] {
			t.Errorf("row %d: %q stands twice", c.Row, before)
		}
		seen[before] = true
	}
}
