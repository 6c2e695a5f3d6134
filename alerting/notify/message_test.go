package notify

import (
	"strings"
	"testing"

	"plimsoll/internal/metric"
)

func TestSubjects(t *testing.T) {
	removed := recovery()
	removed.Event, removed.State, removed.Summary = Closed, metric.Unknown, "removed from the configuration"
	unseen := removed
	unseen.Name, unseen.Target, unseen.Labels = "HostDown", "", map[string]string{"instance": "web3"}
	unseen.Summary = "no data, not known to be well"
	restarted := recovery()
	restarted.Event, restarted.Summary = Info, "restarted by itself: restart on web3 at 12:01:03 is done"
	for want, m := range map[string]Message{
		"[INFO] web: restarted by itself: restart on web3 at 12:01:03 is done": restarted,
		"[CRITICAL] web is down":                                   problem(),
		"[RECOVERED] web is up after 4 min":                        recovery(),
		"[CLOSED] web: removed from the configuration":             removed,
		"[CLOSED] HostDown on web3: no data, not known to be well": unseen,
	} {
		if got := m.Subject(); got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
	text := removed.Text()
	if !strings.Contains(text, "Closed:    2026-03-01 12:04:00 UTC, after 4 min") || strings.Contains(text, "Ended") {
		t.Errorf("text of a closed alert:\n%s", text)
	}
}
