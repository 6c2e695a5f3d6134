package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/sender"
)

// desk has one order, which comes after a while, and remembers what it hears.
type desk struct {
	after   time.Duration
	asked   []Ask
	answers []Answer
	err     error
}

func (d *desk) Take(ctx context.Context, a Ask) (Order, bool, error) {
	d.asked = append(d.asked, a)
	select {
	case <-ctx.Done():
		return Order{}, false, d.err
	case <-time.After(d.after):
		return Order{ID: "o1", Name: "restart", Alert: "check/web", TTL: 90 * time.Second}, true, d.err
	}
}

func (d *desk) Answer(_ context.Context, a Answer) error {
	d.answers = append(d.answers, a)
	return d.err
}

// asked asks a server as the sender may.
func asked(d *desk, may sender.Write, places int, method, path, body string) *httptest.ResponseRecorder {
	s := &Server{Desk: d, Now: time.Now, Waiting: make(chan struct{}, places)}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, s)
	mux.Handle("POST "+Path+"/{id}", s)
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r.WithContext(sender.With(r.Context(), sender.Sender{Name: "web3", Write: may})))
	return w
}

const asks = Path + "?instance=web3&process=p1&handler=restart&handler=reload&have=o0"

func TestGive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{after: 7 * time.Second}
		w := asked(d, sender.Write{Instances: []string{"web3"}}, 1, "GET", asks, "")
		var got given
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatal(w.Code, err)
		}
		if diff := cmp.Diff(given{"o1", "restart", "check/web", 90, 7}, got); diff != "" {
			t.Error(diff)
		}
		want := []Ask{{Instance: "web3", Process: "p1", Handlers: []string{"restart", "reload"}, Have: []string{"o0"}}}
		if diff := cmp.Diff(want, d.asked); diff != "" {
			t.Error(diff)
		}
		d.after = time.Hour
		began := time.Now()
		if w := asked(d, sender.Write{}, 1, "GET", asks, ""); w.Code != 204 || time.Since(began) != MaxWait {
			t.Errorf("%d after %v", w.Code, time.Since(began))
		}
		began = time.Now()
		if w := asked(d, sender.Write{}, 0, "GET", asks, ""); w.Code != 204 || time.Since(began) != 0 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%d after %v, though nobody else may wait", w.Code, time.Since(began))
		}
	})
}

func TestWhoMayAsk(t *testing.T) {
	body := `{"process":"p1","status":"done"}`
	for _, c := range []struct {
		method, path, body string
		may                sender.Write
		want               int
	}{
		{"GET", asks, "", sender.Write{Instances: []string{"web4", "db*"}}, 403},
		{"GET", Path + "?instance=*&process=p&handler=x", "", sender.Write{Instances: []string{"web3"}}, 403},
		{"POST", Path + "/o1?instance=web3", body, sender.Write{Instances: []string{"web4"}}, 403},
		{"POST", Path + "/o1?instance=web3", body, sender.Write{Instances: []string{"web3"}}, 200},
		{"GET", Path + "?process=p1", "", sender.Write{}, 400},
		{"GET", Path + "?instance=" + strings.Repeat("x", 201) + "&process=p1", "", sender.Write{}, 400},
		{"GET", Path + "?instance=web3", "", sender.Write{}, 400},
		{"GET", Path + "?instance=web3&process=" + strings.Repeat("x", 65), "", sender.Write{}, 400},
		{"GET", Path + "?instance=web3&process=p&handler=" + url.QueryEscape("x; rm"), "", sender.Write{}, 400},
		{"GET", Path + "?instance=web3&process=p" + strings.Repeat("&handler=x", 101), "", sender.Write{}, 400},
		{"POST", Path + "/o1", body, sender.Write{}, 400},
		{"POST", Path + "/o1?instance=web3", "{", sender.Write{}, 400},
		{"POST", Path + "/o1?instance=web3", `{"status":"well"}`, sender.Write{}, 400},
		{"POST", Path + "/o1?instance=web3", `{"status":"done","output":"` + strings.Repeat("x", 100_000) + `"}`, sender.Write{}, 400},
	} {
		if w := asked(&desk{}, c.may, 1, c.method, c.path, c.body); w.Code != c.want {
			t.Errorf("%s %.100s %.50s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
	}
}

func TestAnswers(t *testing.T) {
	d := &desk{}
	long := strings.Repeat("é", 5000)
	body := fmt.Sprintf(`{"process":"p1","status":"failed","exit_code":3,"why":%q,"output":%q,"instance":"web4","id":"o2"}`, long, long)
	if w := asked(d, sender.Write{}, 1, "POST", Path+"/o1?instance=web3", body); w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	want := []Answer{{ID: "o1", Instance: "web3", Process: "p1", Status: Failed, ExitCode: 3, Why: strings.Repeat("é", MaxWhy/2), Output: strings.Repeat("é", MaxOutput/2)}}
	if diff := cmp.Diff(want, d.answers); diff != "" {
		t.Error(diff)
	}
	for err, want := range map[error]int{ErrUnknown: 404, ErrClosed: 409, errors.New("disk"): 503} {
		if w := asked(&desk{err: err}, sender.Write{}, 1, "POST", Path+"/o1?instance=web3", `{"status":"done"}`); w.Code != want {
			t.Errorf("%v: %d", err, w.Code)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"restart-nginx": true, "a": true, "A_b.c-9": true,
		"": false, "-c": false, ".": false, "..": false, "../x": false, "a b": false, "a/b": false, "a\n": false, "a\x00": false, "é": false,
		"$(x)": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
	} {
		if ValidName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
