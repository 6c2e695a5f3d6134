package notify

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWebhookPostsTheMessage(t *testing.T) {
	var got Message
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		header = r.Header
	}))
	c := Contact{Name: "hook", Webhook: &Webhook{URL: srv.URL, Headers: map[string]string{"Authorization": "Bearer x"}}}
	if err := send(t, c, recovery()); err != nil {
		t.Fatal(err)
	}
	srv.Close()
	if diff := cmp.Diff(recovery(), got); diff != "" {
		t.Error(diff)
	}
	if header.Get("Authorization") != "Bearer x" || header.Get("Idempotency-Key") != "plimsoll.7.recovery" {
		t.Errorf("headers %v", header)
	}
}

func TestWebhookAnswers(t *testing.T) {
	for status, want := range map[int]string{
		200: "", 202: "", 204: "", 302: "retry", 400: "final", 404: "final", 408: "retry", 410: "final",
		429: "retry", 500: "retry", 503: "retry",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if status == 302 {
				w.Header().Set("Location", "/elsewhere")
			}
			w.WriteHeader(status)
		}))
		err := send(t, Contact{Name: "hook", Webhook: &Webhook{URL: srv.URL}}, problem())
		srv.Close()
		got := ""
		if errors.Is(err, ErrFinal) {
			got = "final"
		} else if err != nil {
			got = "retry"
		}
		if got != want {
			t.Errorf("status %d: %q (%v), want %q", status, got, err, want)
		}
	}
}

func TestWebhookHangs(t *testing.T) {
	end := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	defer srv.Close()
	defer close(end)
	c := Contact{Name: "hook", Webhook: &Webhook{URL: srv.URL, Timeout: 30 * time.Millisecond}}
	if err := send(t, c, problem()); err == nil || errors.Is(err, ErrFinal) {
		t.Errorf("got %v, want an error that is not final", err)
	}
}

func TestSecretURLIsNotInErrors(t *testing.T) {
	c := Contact{Name: "hook", Webhook: &Webhook{URL: "http://" + closedPort(t) + "/T0KEN"}}
	if err := send(t, c, problem()); err == nil || strings.Contains(err.Error(), "T0KEN") {
		t.Errorf("got %v", err)
	}
}

func TestRemovedRouteIsFinal(t *testing.T) {
	c := Contact{Name: "hook", Webhook: &Webhook{URL: "http://127.0.0.1:1"}}
	if err := NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now}).Send(t.Context(), "email:a@example.org", problem()); !errors.Is(err, ErrFinal) {
		t.Errorf("got %v, want a final error", err)
	}
}

func TestValidateNamesEveryKey(t *testing.T) {
	c := Contact{
		Email: &Email{
			To: []string{"no address", "a@b.c", "a@b.c"}, From: "?", SMTP: "x", TLS: "maybe",
			Username: "u", CAFile: "/nonexistent", Timeout: time.Hour,
		},
		Webhook: &Webhook{URL: "mailto:x"},
	}
	err := c.Validate("contacts[3]")
	if err == nil {
		t.Fatal("a contact full of mistakes is accepted")
	}
	for _, key := range []string{
		"email.to[0]", "email.to[2]", "email.from", "email.smtp", "email.tls", "email.ca_file",
		"email.username", "email.timeout", "webhook.url",
	} {
		if !strings.Contains(err.Error(), "contacts[3]."+key+": ") {
			t.Errorf("%q is not reported in:\n%v", key, err)
		}
	}
	if err := (Contact{}).Validate("contacts[0]"); err == nil {
		t.Error("a contact without a way is accepted")
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", -time.Hour: "0 s", 59 * time.Second: "59 s", 4 * time.Minute: "4 min",
		90 * time.Second: "1 min 30 s", 25 * time.Hour: "1 d 1 h", 48*time.Hour + time.Minute: "2 d",
	} {
		if got := ago(d); got != want {
			t.Errorf("ago(%v) = %q, want %q", d, got, want)
		}
	}
}
