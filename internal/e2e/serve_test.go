package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExitCodesAndHelp(t *testing.T) {
	dir := t.TempDir()
	good := writeFile(t, dir, "good.yml", "flush: 10s\n")
	bad := writeFile(t, dir, "bad.yml", "flush: 10s\nchecks:\n  - name: web\n    htp: {url: http://127.0.0.1/}\n")
	for _, c := range []struct {
		args string
		code int
		says string // on standard output or error
	}{
		{"version", 0, "plimsoll"},
		{"-h", 0, "serve"},
		{"serve -h", 0, "Examples"},
		{"check-config --help", 0, "Examples"},
		{"query -h", 0, "Examples"},
		{"send -h", 0, "Examples"},
		{"version -h", 0, "Examples"},
		{"", 2, "Usage"},
		{"sevre", 2, `"sevre"`},
		{"serve -nonsense", 2, "nonsense"},
		{"serve extra", 2, "extra"},
		{"query", 2, "query"},
		{"send", 2, "no line"},
		{"check-config", 2, "file"},
		{"check-config " + good, 0, "good"},
		{"check-config " + bad, 1, "htp"},
		{"check-config " + filepath.Join(dir, "none.yml"), 1, "none.yml"},
		{"serve -config " + bad, 1, "htp"},
		{"query -server nonsense up", 2, `"nonsense"`},
		{"query -range -1h up", 2, "-1h"},
		{"query -server http://127.0.0.1:9 up", 1, "serve running"},
	} {
		out, errs, code := plimsoll(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("plimsoll %s: exit %d, want %d and %q, wrote %s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
	if _, errs, _ := plimsoll(t, "check-config", bad); !strings.Contains(errs, bad+":4: ") {
		t.Errorf("an unknown key is not reported with its line: %s", errs)
	}
}

func TestOnlyLoopbackWithoutAuth(t *testing.T) {
	for _, flag := range []string{"-http", "-udp"} {
		_, errs, code := plimsoll(t, "serve", "-data", t.TempDir(), "-http", "127.0.0.1:0", "-udp", "127.0.0.1:0", flag, "0.0.0.0:0")
		if code != 1 || !strings.Contains(errs, "auth") {
			t.Errorf("%s 0.0.0.0:0 without auth: exit %d, %s", flag, code, errs)
		}
	}
}

func TestOneProcessPerDataDirectory(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	_, errs, code := plimsoll(t, "serve", "-data", data, "-http", "127.0.0.1:0", "-udp", "127.0.0.1:0")
	if code != 1 || !strings.Contains(errs, data) {
		t.Errorf("a second process on one directory: exit %d, %s", code, errs)
	}
}

func TestLastIntervalIsFlushedAtExit(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	for range 3 {
		if _, errs, code := plimsoll(t, "send", "-udp", s.udp, "goodbye", "farewell:250"); code != 0 {
			t.Fatal(errs)
		}
	}
	eventually(t, "the lines are counted", func() error {
		var c struct{ Parsed int }
		if err := s.json("/api/plimsoll/v1/counters", &c); err != nil || c.Parsed < 6 {
			return fmt.Errorf("%+v %w", c, err)
		}
		return nil
	})
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	s = serve(t, data)
	s.wants(t, "goodbye_total", "3")
	s.wants(t, "farewell_seconds_count", "3")

	// The daemon that follows counts from zero again, up to more than the one
	// before had; nothing of either is lost.
	for range 5 {
		send(t, s.udp, "goodbye")
	}
	s.wants(t, "goodbye_total", "8")
}

func TestReloadIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	rule := "rules:\n  - {name: %s, class: threshold, expr: 'vector(1) > 0', for: 0s, interval: 1s, severity: info}\n"
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(rule, "First"))
	s := serve(t, filepath.Join(dir, "data"), "-config", config)
	has := func(name string) func() error {
		return func() error {
			body, err := s.get("/api/v1/rules")
			if err == nil && !strings.Contains(string(body), name) {
				err = fmt.Errorf("no rule %s in %s", name, body)
			}
			return err
		}
	}
	eventually(t, "first rule", has("First"))
	hup := func() {
		if err := s.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(rule, "Second")+"nonsense: 1\n")
	hup()
	eventually(t, "the bad file is refused", func() error {
		if !strings.Contains(s.out.String(), "nonsense") {
			return fmt.Errorf("nothing logged")
		}
		return nil
	})
	if err := has("First")(); err != nil {
		t.Error(err)
	}
	writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(rule, "Second"))
	hup()
	eventually(t, "second rule", has("Second"))

	// A SIGHUP that comes while the service drains does not cut it short.
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hup()
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM and SIGHUP", code)
	}
}

// TestPrometheusDataSource asks as Grafana and curl do.
func TestPrometheusDataSource(t *testing.T) {
	s := serve(t, t.TempDir())
	send(t, s.udp, "visits:5|c|#page:home")
	s.wants(t, "visits_total", "5")
	now := time.Now().Unix()
	for path, says := range map[string]string{
		"/api/v1/query?query=visits_total":    `"page":"home"`,
		"/api/v1/labels":                      `"page"`,
		"/api/v1/label/__name__/values":       `"visits_total"`,
		"/api/v1/series?match[]=visits_total": `"home"`,
		"/api/v1/metadata":                    `node_load1`,
		"/api/v1/rules":                       `"groups"`,
		"/api/v1/alerts":                      `"alerts"`,
		"/api/v1/status/buildinfo":            `"version"`,
		"/metrics":                            "plimsoll_",
		"/healthz":                            "",
		"/api/plimsoll/v1/status":             `"version"`,
		"/api/v1/query_range?query=visits_total" + fmt.Sprintf("&start=%d&end=%d&step=10", now-60, now+10): `"matrix"`,
	} {
		body, err := s.get(path)
		if err != nil || !strings.Contains(string(body), says) {
			t.Errorf("%s: %v, want %s in %.500s", path, err, says, body)
		}
	}
	out, errs, code := plimsoll(t, "query", "-server", s.url, "sum by (page) (visits_total)")
	if code != 0 || !strings.Contains(out, `{page="home"}`) || !strings.Contains(out, "5") {
		t.Errorf("plimsoll query: %d %s%s", code, out, errs)
	}
	if _, errs, code := plimsoll(t, "query", "-server", s.url, "sum("); code != 1 || !strings.Contains(errs, "parse error") {
		t.Errorf("a bad query: %d %s", code, errs)
	}
}

func TestDataDirectoryThatCannotBeMade(t *testing.T) {
	file := writeFile(t, t.TempDir(), "file", "")
	_, errs, code := plimsoll(t, "serve", "-data", filepath.Join(file, "data"), "-http", "127.0.0.1:0", "-udp", "127.0.0.1:0")
	if _, err := os.Stat(file); err != nil || code != 1 || !strings.Contains(errs, file) {
		t.Errorf("exit %d: %s", code, errs)
	}
}
