package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotifyTest(t *testing.T) {
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.URL.Path+" "+string(body))
		if r.URL.Path == "/refuses" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, "said so")
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "plimsoll.yml")
	text := fmt.Sprintf(`contacts:
  - {name: ops, webhook: {url: %[1]s/hook}, ntfy: {url: %[1]s, topic: t}}
  - {name: gone, webhook: {url: %[1]s/refuses}}
`, srv.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := cli("notify-test", "-config", file, "ops")
	want := `ops ntfy: problem taken: 200 "said so"
ops ntfy: recovery taken: 200 "said so"
ops webhook: problem taken: 200 "said so"
ops webhook: recovery taken: 200 "said so"
`
	if out != want || errs != "" || code != exitGood {
		t.Errorf("exit %d, said %q, %q", code, out, errs)
	}
	if len(asked) != 4 || !strings.Contains(asked[0], "[WARNING] TEST: this is a test of contact ops, nothing is wrong") {
		t.Errorf("asked %q", asked)
	}
	asked = nil
	out, _, code = cli("notify-test", "-config", file, "gone")
	if code != exitFailed || !strings.Contains(out, `problem not taken: answered 403 "said so": refused for good`) || len(asked) != 1 {
		t.Errorf("exit %d, said %q, asked %q", code, out, asked)
	}
	for args, want := range map[string]int{
		"nobody": exitFailed, "-channel|sms|ops": exitFailed, "-severity|mild|ops": exitWrongUse, "": exitWrongUse,
	} {
		all := append([]string{"notify-test", "-config", file}, strings.FieldsFunc(args, func(r rune) bool { return r == '|' })...)
		if _, errs, code := cli(all...); code != want {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
