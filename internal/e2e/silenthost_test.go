package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

const silentHostConfig = `agent: {enabled: false}
query: {lookback: 5s}
storage: {step: 1s, heartbeat: 1m, tiers: [{step: 1s, keep: 1h}]}
rules:
  - name: Loaded
    expr: node_load1 >= 0
    interval: 1s
    no_data: 3s
`

// TestSilentHostIsOneEvent kills an agent: its host is down, and what a rule knew
// of it stays as it was, long after its series are gone, until it is back.
func TestSilentHostIsOneEvent(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "c.yml", silentHostConfig))
	agent := func() *process {
		return start(t, filepath.Join(bin, "plimsoll-agent"), "-server", s.url, "-instance", "web7", "-interval", "1s")
	}
	first := agent()
	s.alert(t, "Loaded", "hard", func(a metric.Alert) bool { return a.Hard && a.State == metric.Warning })
	first.kill()
	s.alert(t, "HostDown", "hard", func(a metric.Alert) bool { return a.Hard && a.State == metric.Critical })
	held := s.alert(t, "Loaded", "held", func(a metric.Alert) bool {
		return strings.HasPrefix(a.Summary, "host web7 is silent; was: ") && len(a.Holds) == 1 && a.Holds[0].Kind == "host"
	})
	s.alert(t, "Loaded", "held for longer than no_data", func(a metric.Alert) bool {
		return a.Checked.Sub(held.Checked) > 6*time.Second && a.Hard && a.State == metric.Warning
	})
	agent()
	s.alert(t, "Loaded", "as before", func(a metric.Alert) bool {
		return a.Hard && a.Since.Equal(held.Since) && len(a.Holds) == 0 && strings.HasPrefix(a.Summary, "Loaded is ")
	})
	var told struct{ History []metric.AlertEvent }
	if err := s.json("/api/plimsoll/v1/history", &told); err != nil {
		t.Fatal(err)
	}
	for _, e := range told.History {
		if e.Name == "Loaded" && e.Kind != "state" || e.Name == "Loaded" && e.To != metric.Warning {
			t.Errorf("history of the alert of a silent host: %+v", e)
		}
	}
}

// alert waits until the alert of a name is as wanted.
func (s *server) alert(t *testing.T, name, how string, wanted func(metric.Alert) bool) (found metric.Alert) {
	t.Helper()
	eventually(t, name+" is "+how, func() error {
		var answer struct{ Alerts []metric.Alert }
		if err := s.json("/api/plimsoll/v1/alerts", &answer); err != nil {
			return err
		}
		for _, a := range answer.Alerts {
			if a.Name != name {
				continue
			}
			if found = a; wanted(a) {
				return nil
			}
			return fmt.Errorf("it is %+v", a)
		}
		return errors.New("there is none")
	})
	return found
}
