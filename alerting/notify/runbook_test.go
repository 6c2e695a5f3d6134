package notify

import (
	"strings"
	"testing"
)

func TestRunbookStandsUnderTheProblemAlone(t *testing.T) {
	for _, m := range samples() {
		m.Runbook = "Look at the queue."
		if got := strings.HasSuffix(m.Text(), "\n\nLook at the queue.\n"); got != (m.Event == Problem) {
			t.Errorf("%s: %s", m.Event, m.Text())
		}
	}
}
