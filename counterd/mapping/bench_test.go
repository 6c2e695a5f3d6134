package mapping

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/counterd/line"
)

// BenchmarkMap measures names that one of 1,000 globs, the last of 100 regular
// expressions, and no rule is for.
func BenchmarkMap(b *testing.B) {
	var text strings.Builder
	text.WriteString("mappings:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "- {match: app%d.*.count, name: \"app_${1}_total\", labels: {app: \"%d\"}}\n", i, i)
	}
	for i := range 100 {
		fmt.Fprintf(&text, "- {match: \"^sys%d\\\\.(.*)$\", match_type: regex, name: \"sys_$1\"}\n", i)
	}
	m, err := Parse([]byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	for name, raw := range map[string]string{"glob": "app999.page.count", "regex": "sys99.load", "none": "db.query"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := m.Map(raw, line.Counter); ok == (name == "none") {
					b.Fatal(ok)
				}
			}
		})
	}
}
