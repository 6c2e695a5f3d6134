package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgentOfAnotherHost runs plimsoll-agent against a server, and has it die.
func TestAgentOfAnotherHost(t *testing.T) {
	s := serve(t, t.TempDir())
	a := start(t, filepath.Join(bin, "plimsoll-agent"), "-server", s.url, "-instance", "web7", "-interval", "1s")
	s.wants(t, `up{instance="web7"}`, "1")
	s.wants(t, `count(node_load1{instance="web7"})`, "1")
	s.wants(t, `count(count by (mode) (rate(node_cpu_seconds_total{instance="web7"}[30s]))) > bool 5`, "1")
	b := newBrowser(t)
	b.open(s.url + "/host/web7")
	b.moves("CPU")
	a.kill()
	s.wants(t, `up{instance="web7"}`, "0") // noticed after three intervals
	b.open(s.url + "/alerts")
	b.sees(`[data-state="critical"]`)
	b.quiet()

	a = start(t, filepath.Join(bin, "plimsoll-agent"), "-server", s.url, "-instance", "web7", "-interval", "1s")
	s.wants(t, `up{instance="web7"}`, "1")
	if code := a.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

func TestAgentIsStatic(t *testing.T) {
	out, _ := exec.Command("ldd", filepath.Join(bin, "plimsoll-agent")).CombinedOutput() // fails for a static binary
	if !strings.Contains(string(out), "not a dynamic executable") {
		t.Errorf("plimsoll-agent needs libraries: %s", out)
	}
}
