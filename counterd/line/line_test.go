package line

import "testing"

func TestParseAllocatesNothing(t *testing.T) {
	p := Parser{MaxName: 250, MaxTags: 1000}
	for name, in := range benchLines {
		b := []byte(in)
		if n := testing.AllocsPerRun(100, func() {
			if r := p.Parse(b); r != Good {
				t.Fatal(r)
			}
		}); n != 0 {
			t.Errorf("%s: %q allocates %v times", name, in, n)
		}
	}
}
