package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestExportOfARunningService: the history is read through the API of the service,
// which goes on.
func TestExportOfARunningService(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, t.TempDir(), "-config", writeFile(t, dir, "plimsoll.yml", "flush: 1s\ncounterd: {live: 1s}\n"))
	for range 100 {
		send(t, s.udp, "export_hits")
	}
	s.wants(t, "export_hits_total", "100")
	out, err := exec.Command(filepath.Join(bin, "plimsoll"), "export", "-server", s.url, "export_hits_total").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\{"metric":\{"__name__":"export_hits_total".*\},"values":\[.*\b100\],"timestamps":\[[0-9,]+\]\}\n$`).Match(out) {
		t.Errorf("%s", out)
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
