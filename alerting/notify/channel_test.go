package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

var update = flag.Bool("update", false, "write the golden files")

// canary is what no error, no answer and no history may show.
const canary = "s3cret-C4NARY-9f31"

func canaryFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func addressFile(t *testing.T, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "address")
	if err := os.WriteFile(file, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func full() Message {
	m := problem()
	value := 93.5
	m.Delivery, m.ID, m.Name, m.Class = "plimsoll.8.problem", "rule/DiskFull/a1", "DiskFull", metric.Resource
	m.State, m.Severity, m.Target, m.Value = metric.Warning, metric.Warning, "", &value
	m.Summary, m.Expr = "disk <of @all & others> is 93.5 % full", "disk_used_percent > 90"
	m.Labels = map[string]string{"instance": "web1", "mountpoint": "/"}
	return m
}

func closed() Message {
	m := full()
	m.Event, m.State, m.Value, m.Summary = Closed, metric.Unknown, nil, "removed from the configuration"
	m.Delivery, m.Reply, m.At = "plimsoll.8.closed", m.Delivery, began.Add(time.Hour)
	return m
}

// contacts are one of each kind that speaks HTTP, all at one address.
func contacts(t *testing.T, base string) map[string]Contact {
	secret := canaryFile(t)
	hidden := addressFile(t, base+"/hook/"+canary)
	return map[string]Contact{
		"webhook":               {Webhook: &Webhook{URL: base + "/hook"}},
		"webhook_signed":        {Webhook: &Webhook{URLFile: hidden, HMACKeyFile: secret}},
		"webhook_alertmanager":  {Webhook: &Webhook{URL: base + "/hook", Format: FormatAlertmanager}},
		"slack":                 {Slack: &Chat{URLFile: hidden}},
		"mattermost":            {Mattermost: &Chat{URLFile: hidden, Channel: "ops"}},
		"teams":                 {Teams: &Teams{URLFile: hidden}},
		"pagerduty":             {PagerDuty: &PagerDuty{URL: base + "/v2/enqueue", RoutingKeyFile: secret}},
		"opsgenie":              {Opsgenie: &Opsgenie{URL: base, APIKeyFile: secret, Tags: []string{"farm"}}},
		"telegram":              {Telegram: &Telegram{URL: base, TokenFile: secret, Chat: "-1001234"}},
		"ntfy":                  {Ntfy: &Ntfy{URL: base, TopicFile: secret, TokenFile: secret}},
		"sms_form":              {SMS: &SMS{URL: base + "/send", To: []string{"+491701234567"}, SecretFields: map[string]string{"key": secret}}},
		"sms_json":              {SMS: &SMS{URL: base + "/send", To: []string{"0170"}, Format: "json", Username: "u", PasswordFile: secret, Fields: map[string]string{"recipients": "00{to}", "message": "{text}"}}},
		"sms_query":             {SMS: &SMS{URL: base + "/send?v=2", To: []string{"0170"}, Format: "query", TokenFile: secret}},
		"alertmanager":          {Alertmanager: &Alertmanager{URLs: []string{base + "/prefix"}}},
		"alertmanager_password": {Alertmanager: &Alertmanager{URLs: []string{base}, Username: "u", PasswordFile: secret}},
	}
}

// deliver sends over the contact's only route.
func deliver(t *testing.T, c Contact, m Message) (string, error) {
	t.Helper()
	c.Name = "ops"
	if err := c.Validate("contacts[0]"); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return began.Add(30 * time.Second) }
	return NewSender(c, Options{Dialer: &net.Dialer{}, Clock: clock}).Try(t.Context(), c.Routes()[0], m)
}

// seen writes down a request as the golden files have it.
func seen(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	for _, k := range []string{"Content-Type", "Authorization", "Idempotency-Key", "X-Plimsoll-Timestamp", "X-Plimsoll-Signature"} {
		if v := r.Header.Get(k); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", k, v)
		}
	}
	body, _ := io.ReadAll(r.Body)
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") == nil {
		body = pretty.Bytes()
	}
	fmt.Fprintf(&b, "\n%s\n", bytes.TrimSpace(body))
	return b.String()
}

// TestGolden compares what each channel asks with files that were checked
// against the vendors' pages, which the channels' files name.
func TestGolden(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got += seen(r) }))
	defer srv.Close()
	for name, c := range contacts(t, srv.URL) {
		got = ""
		for _, m := range []Message{problem(), recovery(), full(), closed()} {
			if answer, err := deliver(t, c, m); err != nil || answer != `200 ""` {
				t.Errorf("%s: answer %s, error %v", name, answer, err)
			}
			got += "\n"
		}
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// outcome says in a word what an error asks of the engine.
func outcome(err error) string {
	limited := (*RateLimited)(nil)
	switch {
	case err == nil:
		return "sent"
	case errors.As(err, &limited):
		return "limited " + limited.After.String()
	case errors.Is(err, ErrFinal):
		return "final"
	}
	return "retry"
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status           int
		after, body      string
		want, ofTelegram string
	}{
		{200, "", `{"ok":true}`, "sent", "sent"},
		{200, "", `{"ok":false,"description":"no"}`, "sent", "retry"},
		{202, "", "", "sent", "sent"},
		{302, "", "", "retry", "retry"},
		{400, "", "bad", "final", "final"},
		{401, "", "", "final", "final"},
		{404, "", "no_service", "final", "final"},
		{408, "", "", "retry", "retry"},
		{429, "", "", "retry", "retry"},
		{429, "17", "", "limited 17s", "limited 17s"},
		{429, "-5", "", "retry", "retry"},
		{429, "Sun, 01 Mar 2026 12:01:30 GMT", "", "limited 1m0s", "limited 1m0s"},
		{429, "", `{"ok":false,"parameters":{"retry_after":9}}`, "limited 9s", "limited 9s"},
		{500, "", "", "retry", "retry"},
		{503, "120", "", "limited 2m0s", "limited 2m0s"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		for name, contact := range contacts(t, srv.URL) {
			want := c.want
			if name == "telegram" {
				want = c.ofTelegram
			}
			if _, err := deliver(t, contact, problem()); outcome(err) != want {
				t.Errorf("%d %s %s: %s: %v, want %s", c.status, c.after, c.body, name, err, want)
			}
		}
		srv.Close()
	}
}

func TestTeamsSaysSoInWords(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429")
	}))
	defer srv.Close()
	_, err := deliver(t, Contact{Teams: &Teams{URL: srv.URL}}, problem())
	if outcome(err) != "retry" {
		t.Errorf("got %v, want a retry", err)
	}
}

// TestSecretsAreNotShown: the other side repeats all that it got, or is not
// there, or hangs; nothing of the secrets comes back.
func TestSecretsAreNotShown(t *testing.T) {
	for _, status := range []int{200, 400, 429, 500} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, "cannot %s %s %s %s ", r.Method, r.URL, r.Header.Get("Authorization"), r.Header.Get("X-Plimsoll-Signature"))
			_, _ = io.Copy(w, r.Body)
		}))
		for name, c := range contacts(t, srv.URL) {
			answer, err := deliver(t, c, problem())
			if text := fmt.Sprint(answer, err); strings.Contains(text, canary) {
				t.Errorf("%s, status %d: %s", name, status, text)
			}
		}
		srv.Close()
	}
	for name, c := range contacts(t, "http://"+closedPort(t)) {
		if answer, err := deliver(t, c, problem()); err == nil || strings.Contains(fmt.Sprint(answer, err), canary) {
			t.Errorf("%s, without a server: %s %v", name, answer, err)
		}
	}
	for _, c := range contacts(t, "telnet://x") { // all are wrong, and quoted but for what is in files
		if err := c.Validate("contacts[0]"); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("validate: %v", err)
		}
	}
}

func TestLostSecretIsWorthARetry(t *testing.T) {
	c := Contact{Name: "ops", PagerDuty: &PagerDuty{RoutingKeyFile: "/nonexistent/key"}}
	s := NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now})
	if err := s.Send(t.Context(), "pagerduty", problem()); outcome(err) != "retry" {
		t.Errorf("got %v, want an error that is not final", err)
	}
}

func TestValidateChannels(t *testing.T) {
	c := Contact{
		Webhook:    &Webhook{URL: "http://x", URLFile: "/x", Format: "xml", HMACKeyFile: "/nonexistent"},
		Slack:      &Chat{Channel: "x", Timeout: time.Hour},
		Mattermost: &Chat{URLFile: "/nonexistent"},
		Teams:      &Teams{URL: "x"},
		PagerDuty:  &PagerDuty{},
		Opsgenie:   &Opsgenie{APIKeyFile: "/nonexistent"},
		Telegram:   &Telegram{},
		Ntfy:       &Ntfy{},
		SMS: &SMS{
			URL: "x", To: []string{"call me", "1", "1"}, Format: "xml", Username: "u", TokenFile: "/nonexistent",
			SecretFields: map[string]string{"key": "/nonexistent"},
		},
		Alertmanager: &Alertmanager{URLs: []string{"am:9093"}, Username: "u", TokenFile: "/nonexistent", Repeat: time.Millisecond},
		Template:     Template{Subject: "{{.Nothing}}", Body: "{{"},
	}
	err := c.Validate("contacts[3]")
	if err == nil {
		t.Fatal("a contact full of mistakes is accepted")
	}
	for _, key := range []string{
		"webhook.url_file", "webhook.format", "webhook.hmac_key_file", "slack.url", "slack.channel", "slack.timeout",
		"mattermost.url_file", "teams.url", "pagerduty.routing_key_file", "opsgenie.api_key_file", "telegram.token_file",
		"telegram.chat", "ntfy.topic", "sms.url", "sms.to[0]", "sms.to[2]", "sms.format", "sms.username", "sms.token_file",
		"sms.secret_fields.key", "alertmanager.urls[0]", "alertmanager.username", "alertmanager.token_file",
		"alertmanager.repeat", "template.subject", "template.body",
	} {
		if !strings.Contains(err.Error(), "contacts[3]."+key+": ") {
			t.Errorf("%q is not reported in:\n%v", key, err)
		}
	}
	for _, sms := range []SMS{{}, {Command: "sh", To: []string{"1"}}, {Command: "/etc/passwd"}, {Command: "/bin/sh", URL: "http://x"}} {
		if err := (Contact{SMS: &sms}).Validate("contacts[0]"); err == nil {
			t.Errorf("%+v is accepted", sms)
		}
	}
}
