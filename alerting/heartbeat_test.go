package alerting

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
)

// TestHeartbeat: it beats while rules and checks are evaluated, and stops when
// either are not.
func TestHeartbeat(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/beat" {
			asked.Add(1)
		}
	}))
	defer srv.Close()
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Interval: time.Second}}
	c.Heartbeat.URL, c.Heartbeat.Every, c.Heartbeat.Method = srv.URL+"/beat", 10*time.Second, http.MethodPost
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	e.pulse.heart = notify.NewHeart(c.Heartbeat, notify.Options{Dialer: &net.Dialer{}, Clock: w.clock})
	now := epoch
	live := func(what string, want int32) {
		t.Helper()
		for range 60 {
			w.step(t.Context(), e, now)
			e.beat(t.Context(), now)
			e.sends.Wait()
			now = now.Add(time.Second)
		}
		if got := asked.Swap(0); got < want-1 || got > want {
			t.Errorf("%s: %d beats in a minute, want %d", what, got, want)
		}
	}
	live("all is well", 6)
	w.broken = true // queries fail; checks go on
	live("no queries", 2)
	live("no queries", 0)
	w.broken = false
	live("queries", 6)
	hangs := &e.current()[0].schedule
	hangs.running = true // the check does not return
	live("a check that hangs", 2)
	live("a check that hangs", 0)
	hangs.interval = time.Hour
	live("a check of each hour", 6)
}

func TestHeartbeatIsValidated(t *testing.T) {
	c := Default()
	c.Heartbeat = notify.Heartbeat{URL: "x", Method: "PUT"}
	err := c.Validate()
	for _, key := range []string{"url", "every", "method", "timeout"} {
		if err == nil || !strings.Contains(err.Error(), "heartbeat."+key+": ") {
			t.Errorf("%s is not reported in %v", key, err)
		}
	}
}
