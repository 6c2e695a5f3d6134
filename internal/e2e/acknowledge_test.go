package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

const acknowledgeConfig = `
flush: 1s
agent: {enabled: false}
default_rules: false
grouping: {wait: 1s, max_wait: 2s}
contacts:
  - {name: ops, email: {to: [ops@farm.example], from: plimsoll@farm.example, smtp: "%s", tls: none}}
  - {name: boss, email: {to: [boss@farm.example], from: plimsoll@farm.example, smtp: "%s", tls: none}}
routes:
  - contacts: [ops]
    escalate: [{after: 20s, contacts: [boss]}]
checks:
  - {name: web, http: {url: "http://%[3]s/", timeout: 2s}, interval: 1s, retry_interval: 1s, max_attempts: 2, severity: critical}
  - {name: port, tcp: {address: "%[3]s", timeout: 2s}, interval: 1s, retry_interval: 1s, max_attempts: 2, severity: critical}
`

// TestPeopleActOnAlerts stops a server that two checks look at. One alert is
// acknowledged by the link in its mail, so that it goes no further; the other is
// silenced before, and told when the silence ends. Both ends are told.
func TestPeopleActOnAlerts(t *testing.T) {
	t.Parallel()
	web := newNginx(t)
	ops, boss := newMailbox(t), newMailbox(t)
	dir := t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(acknowledgeConfig, ops.addr, boss.addr, web.addr))
	s := serve(t, filepath.Join(dir, "data"), "-config", config, "-http", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	out := s.cli(t, "silence", "add", "-match", `alertname="port"`, "-for", "1h", "-note", "new cable", "-by", "ada")
	silence := regexp.MustCompile(`^silence (\d+)\n`).FindStringSubmatch(out)
	if silence == nil {
		t.Fatal(out)
	}

	web.stop(t)
	ops.wants(t, "web", "CRITICAL")
	s.alert(t, "port", "held by the silence", func(a metric.Alert) bool {
		return a.Hard && len(a.Holds) == 1 && strings.Contains(a.Holds[0].Text, "new cable") && len(a.Told) == 0
	})

	page := linkIn(t, ops)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if _, err := visit(t, method, page); err != nil {
			t.Fatal(err)
		}
	}
	if a := s.alert(t, "web", "there", anyhow); a.Ack != nil {
		t.Fatalf("a link that was looked at acknowledges: %+v", a.Ack)
	}
	onPhone(t, page)
	if out := s.cli(t, "alerts"); !strings.Contains(out, "ops takes care until") || !strings.Contains(out, "held: silence: new cable") {
		t.Error(out)
	}

	// The end of the silence tells what lasts. Nobody answers to that: it goes on
	// to the boss, long after the other alert would have.
	s.cli(t, "silence", "end", silence[1], "-by", "ada")
	ops.wants(t, "port", "CRITICAL")
	boss.wants(t, "port", "CRITICAL")
	if a := s.alert(t, "web", "there", anyhow); !slices.Equal(a.Told, []string{"ops"}) || a.Ack == nil {
		t.Errorf("what is taken care of goes on to others: %+v", a)
	}
	s.cli(t, "unack", "check/web", "-by", "ada")
	s.cli(t, "ack", "-match", `alertname=~"web|port"`, "-note", "both", "-for", "2h", "-by", "ada")
	if out := s.cli(t, "alerts", "show", "check/web"); !strings.Contains(out, "ada takes care until") || !strings.Contains(out, "unacknowledged") {
		t.Error(out)
	}

	web.start()
	for _, name := range []string{"web", "port"} {
		ops.wants(t, name, "RECOVERED")
	}
	boss.wants(t, "port", "RECOVERED")
	for _, name := range []string{"web", "port"} {
		for _, word := range []string{"CRITICAL", "RECOVERED"} {
			if n := ops.count(name, word); n != 1 {
				t.Errorf("%d mails to ops say %s %s, want 1", n, word, name)
			}
		}
	}
	if n := boss.count("web", ""); n != 0 {
		t.Errorf("%d mails to the boss about web, which was taken care of", n)
	}
	if shown, err := visit(t, http.MethodGet, page); err != nil || !strings.Contains(shown, "This trouble is over") || strings.Contains(shown, "<button") {
		t.Errorf("%v\n%s", err, shown)
	}
	if out := s.cli(t, "alerts"); out != "all is well\n" {
		t.Error(out)
	}
}

// cli runs a command of the CLI against s, which must do it.
func (s *server) cli(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := plimsoll(t, append(args, "-server", s.url)...)
	if code != 0 {
		t.Fatalf("%s: exit %d: %s", args, code, errs)
	}
	return out
}

func anyhow(metric.Alert) bool { return true }

// linkIn returns the address of the only mail by which its reader takes care.
func linkIn(t *testing.T, m *mailbox) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	found := regexp.MustCompile(`http://\S+/ack/\S+`).FindAllString(strings.Join(m.texts, "\n"), -1)
	if len(found) != 1 {
		t.Fatalf("links %q in %q", found, m.texts)
	}
	return found[0]
}

// onPhone follows the link from the page of a mail program, which is another
// site's, and takes care.
func onPhone(t *testing.T, link string) {
	t.Helper()
	mail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Mail</title><link rel="icon" href="data:,"><a href="%s">Take care</a>`, link)
	}))
	defer mail.Close()
	b := newBrowser(t)
	b.size(360, 740, true)
	b.open(strings.Replace(mail.URL, "127.0.0.1", "localhost", 1))
	b.click("a")
	b.sees("form button")
	b.wait("document.documentElement.scrollWidth <= innerWidth")
	b.fill("note", "I am at it")
	b.click("form button")
	b.wait("document.body.innerText.includes('You (ops) take care') && document.body.innerText.includes('I am at it')")
	b.quiet()
}

// visit opens a page as a mail scanner does.
func visit(t *testing.T, method, page string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, page, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", page, res.Status, text)
	}
	return string(text), err
}
