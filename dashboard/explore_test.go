package dashboard

import (
	"io/fs"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/dashboard/web"
)

// TestCompletionKnowsTheFunctions holds the names that the page Explore offers to
// those of the parser that answers.
func TestCompletionKnowsTheFunctions(t *testing.T) {
	text, err := fs.ReadFile(web.Pages(), "lib/promql/functions.js")
	if err != nil {
		t.Fatal(err)
	}
	var offered, known []string
	for _, m := range regexp.MustCompile(`(?m)^  \["([a-z0-9_]+)", [^\]]*\],$`).FindAllSubmatch(text, -1) {
		offered = append(offered, string(m[1]))
	}
	for name, f := range parser.Functions {
		if !f.Experimental { // the parser has them switched off
			known = append(known, name)
		}
	}
	keywords := []string{"and", "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "or", "unless", "without"}
	for item, word := range parser.ItemTypeStr {
		if item.IsAggregator() && !item.IsExperimentalAggregator() {
			known = append(known, word)
		}
	}
	known = append(known, keywords...)
	slices.Sort(offered)
	slices.Sort(known)
	if diff := cmp.Diff(known, offered); diff != "" {
		t.Errorf("functions.js (-parser +offered):\n%s", diff)
	}
}
