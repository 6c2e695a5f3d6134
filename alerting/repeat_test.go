package alerting

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
)

// TestActiveAlertsAreRepeated: to an Alertmanager each minute while they are
// active, after a restart at once, and not after their end.
func TestActiveAlertsAreRepeated(t *testing.T) {
	w, dir := newWorld(), t.TempDir()
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var alerts []struct {
			Labels map[string]string
			EndsAt time.Time
		}
		if err := json.NewDecoder(r.Body).Decode(&alerts); err != nil {
			t.Error(err)
		}
		for _, a := range alerts {
			state := " over"
			if a.EndsAt.After(w.clock()) {
				state = " active"
			}
			got = append(got, a.Labels["alertname"]+state)
		}
	}))
	defer srv.Close()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Contacts = []notify.Contact{{Name: "cluster", Alertmanager: &notify.Alertmanager{URLs: []string{srv.URL}}}}
	open := func() *Engine {
		e := w.open(t, dir, c)
		e.senders["cluster"] = notify.NewSender(c.Contacts[0], notify.Options{Dialer: &net.Dialer{}, Clock: w.clock})
		return e
	}
	e, now := open(), epoch
	live := func(d time.Duration, want ...string) {
		t.Helper()
		for end := now.Add(d); now.Before(end); now = now.Add(time.Second) {
			w.step(t.Context(), e, now)
			e.repeat(t.Context(), now)
			e.sends.Wait()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		got = nil
	}
	live(10 * time.Second)
	w.up = false
	live(45*time.Second, "web active")
	live(60*time.Second, "web active")
	e.Close()
	e = open()
	live(5*time.Second, "web active")
	w.up = true
	live(3*time.Minute, "web over")
	e.Close()
}
