package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAllThatIsMeasuredIsDescribed finds the names in the code.
func TestAllThatIsMeasuredIsDescribed(t *testing.T) {
	described := map[string]bool{}
	for _, m := range Meta() {
		if described[m.Name] || m.Help == "" {
			t.Errorf("%s: described twice, or without help", m.Name)
		}
		described[m.Name] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") || file == "meta.go" {
			continue
		}
		for _, m := range regexp.MustCompile(`"(probe_[a-z_]+)"`).FindAllSubmatch(text, -1) {
			if found++; !described[string(m[1])] {
				t.Errorf("%s: %s is not described", file, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d names found", found)
	}
}
