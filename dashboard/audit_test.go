package dashboard

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/sender"
)

// ask sends a request of a token's holder.
func ask(s *Server, holder, method, target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if holder != "" {
		r.Header.Set("Authorization", "Bearer "+holder)
	}
	return do(s, r)
}

// auditOf is what an admin is told of changes.
func auditOf(t *testing.T, s *Server, holder string) []change {
	t.Helper()
	var answer struct{ Audit []change }
	w := ask(s, holder, http.MethodGet, "/api/plimsoll/v1/audit?limit=5000", "")
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return answer.Audit
}

func TestAuditTellsWhoChangedWhat(t *testing.T) {
	cfg := authConfig()
	cfg.Retire = func(string, string) int { return 1 }
	cfg.AckPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "good") {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	s := newServer(t, cfg)
	ask(s, "o", "POST", "/api/plimsoll/v1/hosts/retire", "instance=web+1&job=node")
	ask(s, "v", "POST", "/api/plimsoll/v1/hosts/retire?instance=web1", "")
	ask(s, "a", "DELETE", "/api/plimsoll/v1/alerting/silences?id=7", "")
	ask(s, "", "POST", "/ack/good", "")
	// None of these is a change, or of somebody who is known.
	ask(s, "v", "POST", "/api/v1/query", "query=up")
	ask(s, "g", "POST", "/api/v1/write", "")
	ask(s, "o", "GET", "/api/plimsoll/v1/hosts", "")
	ask(s, "wrong", "POST", "/api/plimsoll/v1/flush", "")
	ask(s, "", "POST", "/api/plimsoll/v1/flush", "")
	ask(s, "", "POST", "/ack/bad", "")

	want := []change{
		{Role: Linked, Method: "POST", Path: "/ack/{token}", Code: 200},
		{Who: "a", Role: Admin, Method: "DELETE", Path: "/api/plimsoll/v1/alerting/silences", Asked: "id=7", Code: 404},
		{Who: "v", Role: Viewer, Method: "POST", Path: "/api/plimsoll/v1/hosts/retire", Asked: "instance=web1", Code: 403},
		{Who: "o", Role: Operator, Method: "POST", Path: "/api/plimsoll/v1/hosts/retire", Asked: "instance=web 1&job=node", Code: 200},
	}
	if diff := cmp.Diff(want, auditOf(t, s, "a"), cmpopts.IgnoreFields(change{}, "At", "From")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAuditIsBounded(t *testing.T) {
	cfg := testConfig()
	cfg.Retire = func(string, string) int { return 1 }
	s := newServer(t, cfg)
	long := strings.Repeat("é", askedBytes)
	for i := range auditLines + 10 {
		ask(s, "", "POST", "/api/plimsoll/v1/hosts/retire?n="+strconv.Itoa(i), "instance="+long)
	}
	lines := auditOf(t, s, "")
	if len(lines) != auditLines || !strings.HasPrefix(lines[0].Asked, "n=1009 ") {
		t.Errorf("%d lines, the newest is %q", len(lines), lines[0].Asked)
	}
	if got := len(lines[0].Asked); got > askedBytes+2 {
		t.Errorf("%d bytes of what was asked are kept", got)
	}
	r := httptest.NewRequest("POST", "/api/plimsoll/v1/hosts/retire?instance=a", nil)
	r.Header.Set("Origin", "http://evil.example")
	if do(s, r); !strings.HasPrefix(auditOf(t, s, "")[0].Asked, "n=1009 ") {
		t.Error("a page of another site leaves a line where nobody is asked who he is")
	}
}

func TestAccessNamesHoldersAndNoSecrets(t *testing.T) {
	cfg := authConfig()
	cfg.Auth.Tokens[3].Write = sender.Write{Instances: []string{"{name}.example"}}
	cfg.Auth.Certificates = []Certificate{{Match: "*.farm.example", Role: Agent}}
	body := ask(newServer(t, cfg), "a", "GET", "/api/plimsoll/v1/access", "").Body.String()
	want := `{"open":false,"tokens":[{"name":"v","role":"viewer","write":{}},{"name":"o","role":"operator","write":{}},` +
		`{"name":"a","role":"admin","write":{}},{"name":"g","role":"agent","write":{"instances":["g.example"]}}],` +
		`"certificates":[{"name":"*.farm.example","role":"agent","write":{}}]}`
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	for _, token := range cfg.Auth.Tokens {
		if strings.Contains(body, token.SHA256) {
			t.Errorf("the hash of %s is shown", token.Name)
		}
	}
}

func TestConfigurationIsForAdmins(t *testing.T) {
	cfg := authConfig()
	cfg.Running = func() ([]byte, error) { return []byte("data: data\n"), nil }
	s := newServer(t, cfg)
	for holder, want := range map[string]string{"a": `{"yaml":"data: data\n"}`, "o": ""} {
		if w := ask(s, holder, "GET", "/api/plimsoll/v1/config", ""); want != "" && w.Body.String() != want || want == "" && w.Code != http.StatusForbidden {
			t.Errorf("%s: %d %s", holder, w.Code, w.Body)
		}
	}
}
