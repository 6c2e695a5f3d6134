package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answering is a service with fixed answers, by path and query.
func answering(t *testing.T, answers map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, known := answers[r.URL.RequestURI()]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			body = fmt.Sprintf(`{"error":"nothing at %s"}`, r.URL.RequestURI())
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func cli(args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	code = run(env{context.Background(), &stdout, &stderr}, args)
	return stdout.String(), stderr.String(), code
}

func TestCountersPrintsTheAccount(t *testing.T) {
	url := answering(t, map[string]string{"/api/plimsoll/v1/counters?names=0": `{"received":9,"lines":10,"parsed":7,"bad":{"not a number":2,"empty name":1},
		"dropped":{"sink":0},"kernel_drops":4,"series":3,"waiting":-1,
		"bad_lines":[{"at":"2026-01-02T03:04:05.5Z","source":"192.0.2.1:5","line":"x\u001b[2Jy","reason":"control character"}],
		"collisions":[{"name":"a_b","owner":"a.b","refused":"a-b","lines":5}],
		"offenders":[{"kind":"source","name":"192.0.2.1","series":8,"lines":6}],
		"listeners":[{"address":"udp://127.0.0.1:8125","received":9,"drops":4}]}`})
	out, errs, code := cli("counters", "-server", url)
	for _, want := range []string{
		"bad: empty name", "kernel drops", "listener udp://127.0.0.1:8125", "9   datagrams received, 4 dropped by the kernel",
		"over a limit: source 192.0.2.1", "6   lines went to __other__; it has 8 series", "5   lines of a-b refused: the name belongs to a.b",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s%s", want, out, errs)
		}
	}
	if out, _, _ := cli("counters", "-bad", "-server", url); out != `2026-01-02T03:04:05.500Z  192.0.2.1:5  refused: control character  x\x1b[2Jy`+"\n" {
		t.Errorf("%q", out)
	}
	if code != exitGood {
		t.Errorf("exit %d", code)
	}
	for _, c := range []struct {
		args string
		code int
	}{{"counters x", exitWrongUse}, {"top -n 0", exitWrongUse}, {"top -interval 1ms", exitWrongUse}, {"tail a b", exitWrongUse}, {"top -once", exitFailed}, {"tail a", exitFailed}} {
		if _, errs, code := cli(append(strings.Fields(c.args), "-server", url)...); code != c.code {
			t.Errorf("%s: exit %d, want %d: %s", c.args, code, c.code, errs)
		}
	}
}

func TestTopPrintsRatesAndShares(t *testing.T) {
	last := &table{Lines: 100, Bad: 5}
	now := &table{At: last.At.Add(2e9), Lines: 300, Bad: 5, KernelDrops: 3, Series: 7, Rate: 200}
	now.Top = append(now.Top, struct {
		Name, Type string
		Labels     map[string]string
		Rate       float64
	}{"hits_total", "counter", map[string]string{"host": "a\x1b"}, 150})
	var b bytes.Buffer
	if err := now.draw(&b, last, false); err != nil {
		t.Fatal(err)
	}
	want := "00:00:02Z  lines/s 100  bad/s 0  drops/s 1.5  series 7\n\n" +
		"NAME        LABELS          TYPE     PER SECOND  SHARE\n" +
		"hits_total  {host=\"a\\x1b\"}  counter  150         75.0 %\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	b.Reset()
	if err := now.draw(&b, last, true); err != nil || !strings.HasPrefix(b.String(), "\x1b[H00:00:02Z") || !strings.HasSuffix(b.String(), "\x1b[J") {
		t.Errorf("redrawn %q %v", b.String(), err)
	}
}

func TestTopPrintsProcesses(t *testing.T) {
	url := answering(t, map[string]string{"/api/plimsoll/v1/processes?by=memory&n=20": `{"at":"2026-01-02T03:04:05Z","seconds":1,"cpus":2,"total":90,
		"processes":[{"pid":812,"parent":1,"user":"mysql","command":"mariadbd","state":"S","cpu":0.5,"rss_bytes":2500000,"threads":30,"read_bytes":1000000}]}`})
	out, errs, code := cli("top", "-processes", "-by", "memory", "-once", "-server", url)
	want := "03:04:05Z  processes 90  CPUs 2\n\n" +
		"PID  USER   CPU %  MEMORY MB  STATE  THREADS  READ MB  WRITTEN MB  COMMAND\n" +
		"812  mysql  50.0   2.5        S      30       1.0      -           mariadbd\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitGood {
		t.Errorf("exit %d %s -want +got:\n%s", code, errs, diff)
	}
	if _, _, code := cli("top", "-processes", "-by", "luck", "-server", url); code != exitWrongUse {
		t.Errorf("exit %d", code)
	}
}

func TestTailPrintsLinesAndWhatWasMissed(t *testing.T) {
	url := answering(t, map[string]string{"/api/plimsoll/v1/counters/tail?name=q": `{"at":"2026-01-02T03:04:05Z","line":"q:1"}
{"at":"2026-01-02T03:04:06Z","source":"192.0.2.1:5","line":"q:\u001bx","reason":"control character","missed":3}
{"at":"2026-01-02T03:04:07Z","line":"","missed":2}
`})
	out, _, code := cli("tail", "q", "-server", url)
	want := "2026-01-02T03:04:05.000Z\tlocal\tcounted\tq:1\n… 3 lines more, too fast to be shown\n" +
		"2026-01-02T03:04:06.000Z\t192.0.2.1:5\trefused: control character\tq:\\x1bx\n… 2 lines more, too fast to be shown\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitFailed {
		t.Errorf("exit %d -want +got:\n%s", code, diff)
	}
}

func TestSigningKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sixteen bytes it has\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := signingKey("web:" + file); err != nil || k.ID != "web" || k.Secret != "sixteen bytes it has" {
		t.Errorf("%v %v", k, err)
	}
	for _, bad := range []string{"web", ":x", "web:", "web:" + file + "x"} {
		if _, err := signingKey(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
