package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEventsAndResultsAreTold(t *testing.T) {
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer s.Close()
	for _, c := range []struct {
		args string
		want string
	}{
		{"event|-host|web1|deploy 1234", `POST /api/plimsoll/v1/events {"at":"0001-01-01T00:00:00Z","title":"deploy 1234","host":"web1"}`},
		{
			"event|-at|2026-05-12T10:00:00Z|-host||-label|env=prod|-key|k|-text|t|-type|warning|x",
			`POST /api/plimsoll/v1/events {"at":"2026-05-12T10:00:00Z","title":"x","text":"t","key":"k","type":"warning","labels":{"env":"prod"}}`,
		},
		{"result|-host|db1|backup|ok|took 3 min", `POST /api/plimsoll/v1/checks {"name":"backup","state":"ok","at":"0001-01-01T00:00:00Z","host":"db1","message":"took 3 min"}`},
	} {
		args := strings.Split(c.args, "|")
		args = append([]string{args[0], "-server", s.URL}, args[1:]...)
		if _, errs, code := cli(args...); code != exitGood {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
		if diff := cmp.Diff(c.want, asked); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEventsAndResultsThatAreNone(t *testing.T) {
	for _, args := range []string{"event", "event|a|b", "event|-at|soon|x", "event|-label|env|x", "result|backup", "result|a|ok|b|c"} {
		if _, _, code := cli(strings.Split(args, "|")...); code != exitWrongUse {
			t.Errorf("%s: exit %d", args, code)
		}
	}
}
