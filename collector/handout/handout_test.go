package handout

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/handout"
	"plimsoll/internal/sender"
)

func newHandout(t *testing.T, files ...string) *Handout {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("# "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, err := New(Config{Dir: dir, Now: func() time.Time { return time.Unix(1, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h *Handout, instance, role string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, handout.Path+"?"+url.Values{"instance": {instance}, "role": {role}}.Encode(), nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheBestFileIsGiven(t *testing.T) {
	h := newHandout(t, "web3.yml", "web*.yml", "web-eu*.yml", "@db.yml", "default.yml", "notes.txt")
	for _, test := range []struct{ instance, role, file string }{
		{"web3", "db", "web3.yml"},
		{"web4", "db", "web*.yml"},
		{"web-eu1", "", "web-eu*.yml"},
		{"mysql1", "db", "@db.yml"},
		{"other", "", "default.yml"},
		{"../../etc/passwd", "", "default.yml"},
	} {
		w := ask(h, test.instance, test.role)
		if w.Body.String() != "# "+test.file || w.Header().Get(handout.ChecksumHeader) != handout.Checksum(w.Body.Bytes()) {
			t.Errorf("%s of role %q: %d %q", test.instance, test.role, w.Code, w.Body)
		}
	}
}

func TestWhatBecameOfItIsKnown(t *testing.T) {
	h := newHandout(t, "web3.yml")
	sum := handout.Checksum([]byte("# web3.yml"))
	if w := ask(h, "web3", "", handout.ChecksumHeader, sum); w.Code != http.StatusNotModified {
		t.Errorf("status %d", w.Code)
	}
	ask(h, "web9", "", handout.ErrorHeader, "line 3: \x00unknown key")
	want := []Agent{
		{Instance: "web3", File: "web3.yml", Offered: sum, InUse: sum, Asked: time.Unix(1, 0)},
		{Instance: "web9", Error: "line 3: unknown key", Asked: time.Unix(1, 0)},
	}
	if diff := cmp.Diff(want, h.Agents()); diff != "" {
		t.Error(diff)
	}
}

func TestAgentsAreBounded(t *testing.T) {
	h := newHandout(t, "default.yml")
	for i := range maxAgents + 1 {
		h.note(Agent{Instance: strconv.Itoa(i), Asked: time.Unix(0, int64(i))})
	}
	if _, first := h.by["0"]; first || len(h.by) != maxAgents {
		t.Errorf("%d agents, the one that asked longest ago is there: %v", len(h.by), first)
	}
}

func TestRefusals(t *testing.T) {
	h := newHandout(t, "web3.yml")
	if w := ask(h, "", ""); w.Code != http.StatusBadRequest {
		t.Errorf("no instance: %d", w.Code)
	}
	if w := ask(h, "db1", ""); w.Code != http.StatusNotFound {
		t.Errorf("no file: %d", w.Code)
	}
	r := httptest.NewRequest(http.MethodGet, handout.Path+"?instance=web3", nil)
	r = r.WithContext(sender.With(r.Context(), sender.Sender{Name: "x", Write: sender.Write{Instances: []string{"db*"}}}))
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("another's: %d", w.Code)
	}
}
