package dashboard

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	cfg := Default()
	cfg.Limits.Queries = 0
	cfg.Limits.LiveTimeout = 0
	cfg.Auth.Tokens = []Token{
		token("a", Viewer), token("a", Viewer),
		{Name: "b", SHA256: "hunter2", Role: "boss"},
		token("", Agent),
	}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`auth.tokens[1].name: "a" is the name of tokens[0] too`,
		`auth.tokens[1].sha256: is that of tokens[0] too`,
		"auth.tokens[2].sha256: want 64 hexadecimal digits, as `printf %s SECRET | sha256sum` prints them",
		`auth.tokens[2].role: "boss" is none of viewer, operator, admin, agent`,
		`auth.tokens[3].name: is missing`,
		`auth.tokens[3].sha256: is the hash of an empty secret`,
		`dashboard.queries: 0 is not at least 1`,
		`dashboard.live_timeout: 0s is not between 10ms and 1s`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the message shows what may be a secret")
	}
}

func TestNewNamesWhatIsNotWired(t *testing.T) {
	_, err := New(Default())
	if err == nil || !strings.Contains(err.Error(), "History is missing") || !strings.Contains(err.Error(), "Pages is missing") {
		t.Errorf("%v", err)
	}
}

func TestCheckListen(t *testing.T) {
	for _, c := range []struct {
		addr string
		auth bool
		want string
	}{
		{"127.0.0.1:8680", false, ""},
		{"localhost:8680", false, ""},
		{"[::1]:0", false, ""},
		{"", false, ""},
		{"0.0.0.0:8680", true, ""},
		{":8680", false, `listen.http: ":8680" can be reached from other machines, but nobody would be asked who they are: ` +
			"listen on \"127.0.0.1:8680\", or configure auth.tokens (name, role, and sha256 as `printf %s SECRET | sha256sum` prints it)"},
		{"[::]:80", false, `"127.0.0.1:80"`},
		{"192.0.2.1:80", false, "can be reached"},
		{"monitor.example:80", false, "can be reached"},
		{"127.0.0.1", true, `listen.http: "127.0.0.1" is not host:port`},
	} {
		err := CheckListen(map[string]string{"listen.http": c.addr, "listen.udp": "127.0.0.1:8125"}, c.auth)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.addr, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want %s", c.addr, err, c.want)
		}
	}
	err := CheckListen(map[string]string{"listen.http": ":1", "listen.udp": ":2"}, false)
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("both addresses shall be named: %v", err)
	}
}
