package notify

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTemplates(t *testing.T) {
	words := Template{
		Subject: `{{.Severity | upper}} {{.Name}} {{.Labels.instance}}{{if .HasValue}} {{.Value}}{{end}}
{{.Event}}`,
		Body: "after {{ago .Duration}}: {{.Summary}}\n",
	}.words(nil)
	n := words.of(full())
	if n.subject != "WARNING DiskFull web1 93.5 problem" || n.text != "after 20 s: disk <of @all & others> is 93.5 % full" {
		t.Errorf("got %q, %q", n.subject, n.text)
	}
	if n := words.of(recovery()); n.subject != "CRITICAL web  recovery" || n.text != "after 4 min: HTTP 200 OK" {
		t.Errorf("got %q, %q", n.subject, n.text)
	}
}

// TestTemplateThatFails: what it needs is not in this message. The built-in
// words go out, and it is counted.
func TestTemplateThatFails(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = seen(r) }))
	defer srv.Close()
	var failed []error
	c := Contact{
		Name: "ops", Ntfy: &Ntfy{URL: srv.URL, Topic: "t"},
		Template: Template{Subject: `{{slice .Name 0 3}} {{.State}}`, Body: `{{if eq .Name "x"}}{{else}}fine{{end}}`},
	}
	if err := c.Validate("contacts[0]"); err != nil {
		t.Fatal(err)
	}
	s := NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now, TemplateFailed: func(err error) { failed = append(failed, err) }})
	m := problem()
	m.Name, m.Target = "x", ""
	if err := s.Send(t.Context(), "ntfy", m); err != nil {
		t.Fatal(err)
	}
	if len(failed) != 2 || !strings.Contains(got, `"title": "[CRITICAL] x: connection refused"`) && !strings.Contains(got, `"title": "[CRITICAL] x"`) {
		t.Errorf("errors %v, sent %s", failed, got)
	}
	if !strings.Contains(got, "Since:") {
		t.Errorf("not the built-in body: %s", got)
	}
}

func TestTemplateIsBounded(t *testing.T) {
	long := Template{Body: `{{range 100000}}long{{end}}`}
	if err := (Contact{Ntfy: &Ntfy{Topic: "t"}, Template: long}).Validate("contacts[0]"); err == nil {
		t.Error("a text without end is accepted")
	}
}
