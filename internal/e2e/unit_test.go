package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

var exposure = regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`)

// TestUnitsAreHardened asks systemd what the services of packaging could do.
func TestUnitsAreHardened(t *testing.T) {
	units, err := filepath.Glob("../../packaging/*.service")
	if err != nil || len(units) != 2 {
		t.Fatalf("%v, %v", units, err)
	}
	for _, unit := range units {
		out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", unit).CombinedOutput()
		m := exposure.FindSubmatch(out)
		if err != nil || m == nil {
			t.Fatalf("%s: %v\n%s", unit, err, out)
		}
		if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > 3 {
			t.Errorf("%s is exposed at %s of 10", unit, m[1])
		}
	}
}
