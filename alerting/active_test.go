package alerting

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
)

// A check whose findings change: what is told is their severity, under the
// check's own, and the end comes once.
func TestFindingsOfEachSeverityAreTold(t *testing.T) {
	dir, w, c := t.TempDir(), newWorld(), Default()
	says := filepath.Join(dir, "says")
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n. "+says+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.DefaultRules, c.Contacts = false, append(c.Contacts, hook("ops"))
	c.Checks = []check.Config{
		{Name: "job", Plugin: &check.Plugin{Command: []string{program}}, Interval: time.Second, RetryInterval: time.Second, MaxAttempts: 1, Severity: "warning"},
		{Name: "agent", Agent: &check.Agent{Hosts: check.Hosts{Instance: "web1"}, SilentFor: 10 * time.Second}, Interval: time.Second, RetryInterval: time.Second, MaxAttempts: 1},
	}
	w.broken = true
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	at := time.Duration(0)
	for _, s := range []struct {
		code  int
		state string
		told  []string
	}{
		{0, "ok", nil},
		{1, "warning", []string{"ops problem job"}},
		{2, "warning", nil},
		{0, "ok", []string{"ops recovery job"}},
		{3, "unknown", []string{"ops problem job"}},
		{0, "ok", []string{"ops recovery job"}},
	} {
		if err := os.WriteFile(says, []byte(fmt.Sprintf("echo hello; exit %d\n", s.code)), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			at += time.Second
			w.step(t.Context(), e, epoch.Add(at))
		}
		a := e.Alerts()
		if string(a[0].State) != s.state || a[0].Summary != "hello" {
			t.Errorf("at %v: %s, %q; want %s", at, a[0].State, a[0].Summary, s.state)
		}
		if diff := cmp.Diff(s.told, w.take()); diff != "" {
			t.Errorf("at %v: %s", at, diff)
		}
		if a[1].Summary != "not looked at yet" {
			t.Errorf("while the store does not answer, the agent is %+v", a[1])
		}
	}
}
