package check

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

// script writes a program and returns its path.
func script(t *testing.T, text string) string {
	t.Helper()
	path := file(t, "check", "#!/bin/sh\n"+text+"\n")
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlugins(t *testing.T) {
	peertest.Path(t, "check_dummy") // or make test did not install them
	for code, state := range []metric.Severity{metric.OK, metric.Warning, metric.Critical, metric.Unknown} {
		got := probe(t, Config{Plugin: &Plugin{Command: []string{"check_dummy", strconv.Itoa(code), "hello"}}})
		want(t, fmt.Sprint(code), got, state, ": hello")
	}
	got := probe(t, Config{Plugin: &Plugin{Command: []string{script(t, `echo "FINE | 'a b'=5ms;1;2 n=7c w=3widgets"`)}}})
	want(t, "perfdata", got, metric.OK, "FINE")
	perf := []Perf{
		{Name: "nagios_perfdata_seconds", Pairs: []string{"label", "a b"}, Value: 0.005},
		{Name: "nagios_perfdata_total", Kind: metric.Counter, Pairs: []string{"label", "n"}, Value: 7},
		{Name: "nagios_perfdata", Pairs: []string{"label", "w", "unit", "widgets"}, Value: 3},
	}
	if diff := cmp.Diff(perf, got.Perf); diff != "" {
		t.Error(diff)
	}
}

func TestPluginsThatDoNotTellAState(t *testing.T) {
	password := file(t, "password", "hunter22\n")
	for _, tt := range []struct {
		p    Plugin
		is   metric.Severity
		says string
	}{
		{Plugin{Command: []string{script(t, "echo oops; exit 7")}}, metric.Critical, `ended with exit status 7, which is no state: "oops\n"`},
		{Plugin{Command: []string{script(t, "exit 127")}}, metric.Critical, "exit status 127"},
		{Plugin{Command: []string{script(t, "kill -9 $$")}}, metric.Critical, "signal: killed"},
		{Plugin{Command: []string{"/none"}}, metric.Critical, "no such file"},
		{Plugin{Command: []string{script(t, "")}}, metric.OK, "check says nothing"},
		{Plugin{Command: []string{script(t, "sleep 100")}, Timeout: 100 * time.Millisecond}, metric.Critical, "did not end in time"},
		{Plugin{Command: []string{script(t, "sleep 100")}, Timeout: 100 * time.Millisecond, TimeoutState: metric.Unknown}, metric.Unknown, "did not end in time"},
		{Plugin{Command: []string{script(t, "yes x | tr -d '\\n'")}, Timeout: 200 * time.Millisecond}, metric.Critical, "did not end in time"},
		{Plugin{Command: []string{script(t, `echo "login $USER:$PW failed"; exit 2`)}, Env: map[string]string{"USER": "u"}, EnvFiles: map[string]string{"PW": password}}, metric.Critical, "login u:*** failed"},
	} {
		want(t, fmt.Sprint(tt.p.Command), probe(t, Config{Plugin: &tt.p}), tt.is, tt.says)
	}
	c := Config{Plugin: &Plugin{Command: []string{"/bin/true"}, EnvFiles: map[string]string{"PW": "/none"}}}.WithDefaults()
	want(t, "no file", New(c, means()).Probe(t.Context()), metric.Unknown, "/none: no such file")
	err := Config{Plugin: &Plugin{TimeoutState: "bad", EnvFiles: map[string]string{"PW": "/none"}}}.WithDefaults().Validate("c")
	for _, key := range []string{"command: is empty", `timeout_state: "bad"`, "env_files.PW: "} {
		if !contains(err, "c.plugin."+key) {
			t.Errorf("%s is not reported in:\n%v", key, err)
		}
	}
	if target := (&Plugin{Command: []string{"/usr/bin/x", "-p", "hunter22"}}).about().target; strings.Contains(target, "hunter22") {
		t.Errorf("the password is in %q", target)
	}
}
