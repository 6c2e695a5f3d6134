package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHostsArePrintedByAge(t *testing.T) {
	url := answering(t, map[string]string{"/api/plimsoll/v1/sources?": `{"sources":[],"hosts":[
		{"instance":"web1","job":"node","source":"remote write 10.0.0.7","age_seconds":3.2,"samples_per_second":40.25,"alive":true,"retired":false},
		{"instance":"web\u001b2","age_seconds":4000,"alive":false,"retired":false},
		{"instance":"old","age_seconds":700000,"retired":true,"retired_at":"2026-11-20T10:00:00Z"}]}`})
	for flags, want := range map[string]string{
		"": "HOST      JOB   STATE   DATA OLD  SAMPLES/S  SENT BY\n" +
			"web1      node  alive   3s        40.2       remote write 10.0.0.7\n" +
			`web\x1b2  -     silent  1h6m40s   0.0        -` + "\n",
		"-retired": "HOST  JOB  STATE               DATA OLD    SAMPLES/S  SENT BY\n" +
			"old   -    retired 2026-11-20  194h26m40s  0.0        -\n",
	} {
		args := []string{"host", "ls", "-server", url}
		if flags != "" {
			args = append(args, flags)
		}
		out, errs, code := cli(args...)
		if diff := cmp.Diff(want, out); diff != "" || code != exitGood {
			t.Errorf("exit %d: %s\n%s", code, errs, diff)
		}
	}
}

func TestHostIsRetired(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := fmt.Sprint(r.Method, r.URL.Path, r.PostFormValue("instance"), r.PostFormValue("job")); got != "POST"+retirePath+"web7node" {
			t.Errorf("asked for %s", got)
		}
	}))
	defer s.Close()
	if _, errs, code := cli("host", "retire", "-job", "node", "-server", s.URL, "web7"); code != exitGood {
		t.Errorf("exit %d: %s", code, errs)
	}
	if _, _, code := cli("host", "retire", "-server", s.URL); code != exitWrongUse {
		t.Errorf("without a name: exit %d", code)
	}
}
