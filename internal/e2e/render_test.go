package e2e

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helpers are the processes that draw for a service.
func helpers(t *testing.T, s *server) (pids []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		line, errLine := os.ReadFile(path)
		stat, errStat := os.ReadFile(filepath.Join(filepath.Dir(path), "stat"))
		if errLine != nil || errStat != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(after); strings.Contains(string(line), "draw-helper") && fields[1] == strconv.Itoa(s.Process.Pid) && fields[0] != "Z" {
			pids = append(pids, pid)
		}
	}
	return pids
}

func render(t *testing.T, s *server, query url.Values) (int, []byte) {
	t.Helper()
	res, err := http.Get(s.url + "/api/plimsoll/v1/render?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.Bytes()
}

// TestPicturesOfArchives has librrd draw what a service keeps, and kills, stops
// and misleads what draws.
func TestPicturesOfArchives(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	send(t, s.udp, "visits:1|c|#page:DEF,x=v\\:AVERAGE\ndb-query:120\ndb-query:240")
	eventually(t, "archives", func() error {
		flush(t, s)
		for _, name := range []string{"visits_total", "db_query_seconds", "node_load1"} {
			if code, b := render(t, s, url.Values{"match": {name}}); code != 200 {
				return fmt.Errorf("%s: %d %s", name, code, b)
			}
		}
		return nil
	})
	for _, title := range []string{"plain", `a:b\l`, "--imgformat=PDF", "$(touch " + data + "/x)", "LINE1:v0#ff0000\n", "<script>"} {
		code, b := render(t, s, url.Values{"match": {"visits_total"}, "title": {title}})
		if c, err := png.DecodeConfig(bytes.NewReader(b)); code != 200 || err != nil || c.Width < 600 {
			t.Errorf("%q: %d, %v, %+v", title, code, err, c)
		}
		if code, b = render(t, s, url.Values{"match": {"db_query_seconds"}, "title": {title}, "format": {"svg"}}); code != 200 || !bytes.Contains(b, []byte("<svg")) || bytes.Contains(b, []byte("<script")) {
			t.Errorf("%q: %d %.100s", title, code, b)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "x")); err == nil {
		t.Error("a title was run as a command")
	}

	pids := helpers(t, s)
	if len(pids) == 0 {
		t.Fatal("no helper is to be seen")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a picture by a new helper", func() error {
		if code, b := render(t, s, url.Values{"match": {"node_load1"}, "fn": {"max"}}); code != 200 {
			return fmt.Errorf("%d %s", code, b)
		}
		return nil
	})
	// One that hangs costs its request, when its time is over.
	for _, pid := range helpers(t, s) {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	if code, b := render(t, s, url.Values{"match": {"node_load1"}}); code != 503 || time.Since(begin) > 25*time.Second {
		t.Errorf("a helper that hangs: %d after %s, %s", code, time.Since(begin), b)
	}
	if code, b := render(t, s, url.Values{"match": {"node_load1"}}); code != 200 {
		t.Errorf("after it: %d %s", code, b)
	}
	if code, b := render(t, s, url.Values{"match": {"no_such_series"}}); code != 422 {
		t.Errorf("no series: %d %s", code, b)
	}
	left := helpers(t, s)
	s.stop(t)
	for _, pid := range left {
		eventually(t, "the helpers' end", func() error {
			if syscall.Kill(pid, 0) == nil {
				return fmt.Errorf("%d is still there", pid)
			}
			return nil
		})
	}
}
