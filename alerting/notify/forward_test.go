package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/peertest"
)

func forwarder(t *testing.T, urls ...string) *Sender {
	t.Helper()
	c := Contact{Name: "cluster", Alertmanager: &Alertmanager{URLs: urls, Timeout: 5 * time.Second}}
	if err := c.Validate("contacts[0]"); err != nil {
		t.Fatal(err)
	}
	return NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now})
}

type amSeen struct {
	Labels           map[string]string
	StartsAt, EndsAt time.Time
}

// active asks an Alertmanager what fires there.
func active(t *testing.T, base string) (found []amSeen) {
	t.Helper()
	resp, err := http.Get(base + "/api/v2/alerts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestRealAlertmanager: Debian's, beside a member that is dead.
func TestRealAlertmanager(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := closedPort(t)
	am := peertest.Start(t, nil, "prometheus-alertmanager", "--config.file="+config, "--storage.path="+dir,
		"--web.listen-address="+addr, "--cluster.listen-address=")
	base := "http://" + addr
	am.Await(t, "ready", func(context.Context) bool {
		resp, err := http.Get(base + "/-/ready")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	s := forwarder(t, "http://"+closedPort(t), base)
	m := full()
	m.Since = time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
	m.At = m.Since
	for range 2 { // the second is the same alert
		if err := s.Send(t.Context(), alertmanagerRoute, m); err != nil {
			t.Fatal(err)
		}
	}
	first := active(t, base)
	if len(first) != 1 || !first[0].StartsAt.Equal(m.Since) || first[0].Labels["alertname"] != "DiskFull" || first[0].Labels["instance"] != "web1" {
		t.Fatalf("active: %+v", first)
	}
	if err := s.Repeat(t.Context(), func(string) ([]Message, error) { return []Message{m}, nil }); err != nil {
		t.Fatal(err)
	}
	again := active(t, base)
	if len(again) != 1 || !again[0].EndsAt.After(first[0].EndsAt) || time.Until(again[0].EndsAt) > 4*time.Minute {
		t.Errorf("after a repetition: %+v, before: %+v", again, first)
	}
	end := m
	end.Event, end.Reply, end.At = Recovery, m.Delivery, time.Now().UTC()
	if err := s.Send(t.Context(), alertmanagerRoute, end); err != nil {
		t.Fatal(err)
	}
	if left := active(t, base); len(left) > 0 {
		t.Errorf("after the end: %+v", left)
	}
}

// cluster is members that keep what they get.
type cluster struct {
	mu   sync.Mutex // guards got and down
	got  []string   // "MEMBER ALERTNAME active|over"
	down map[string]int
}

func (c *cluster) member(t *testing.T, name string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		if status := c.down[name]; status != 0 {
			w.WriteHeader(status)
			c.got = append(c.got, name+" refuses")
			return
		}
		var alerts []amAlert
		if err := json.Unmarshal(body, &alerts); err != nil {
			t.Error(err)
		}
		for _, a := range alerts {
			state := "over"
			if a.EndsAt.After(time.Now()) {
				state = "active"
			}
			c.got = append(c.got, fmt.Sprintf("%s %s %s", name, a.Labels["alertname"], state))
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func (c *cluster) take(down map[string]int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got, c.down = nil, down
	return got
}

// TestSickMemberIsLeftToRepetitions: messages do not wait for it; once it takes
// what is repeated, it gets messages again.
func TestSickMemberIsLeftToRepetitions(t *testing.T) {
	c := &cluster{down: map[string]int{"b": 500}}
	s := forwarder(t, c.member(t, "a"), c.member(t, "b"))
	standing := []Message{problem()}
	send := func(m Message) error { return s.Send(t.Context(), alertmanagerRoute, m) }
	repeat := func() error {
		return s.Repeat(t.Context(), func(string) ([]Message, error) { return standing, nil })
	}
	expect := func(when string, down map[string]int, want ...string) {
		t.Helper()
		got := map[string]bool{}
		for _, g := range c.take(down) {
			got[g] = true
		}
		wanted := map[string]bool{}
		for _, w := range want {
			wanted[w] = true
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	if err := errors.Join(send(problem()), send(full())); err != nil {
		t.Fatal(err)
	}
	expect("b is down", map[string]int{"b": 500}, "a web active", "b refuses", "a DiskFull active")
	if err := repeat(); err != nil {
		t.Fatal(err)
	}
	expect("a repetition", nil, "a web active", "b refuses")
	if err := errors.Join(repeat(), send(recovery())); err != nil {
		t.Fatal(err)
	}
	expect("b is back", map[string]int{"a": 400, "b": 500}, "a web active", "b web active", "a web over", "b web over")
	if err := send(problem()); outcome(err) != "retry" {
		t.Errorf("one member may take it later: %v", err)
	}
	c.take(map[string]int{"a": 400, "b": 400})
	if err := send(problem()); outcome(err) != "final" {
		t.Errorf("nobody will ever take it: %v", err)
	}
}
