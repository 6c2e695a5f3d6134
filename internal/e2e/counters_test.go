package e2e

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var lossy = regexp.MustCompile(`listener udp\S+ +\d+ +datagrams received, [1-9]`)

// TestLookIntoTheCounterDaemon loses datagrams, sends hostile lines and goes over
// a limit, and finds all of that by every window into the daemon.
func TestLookIntoTheCounterDaemon(t *testing.T) {
	admin := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(`
counterd:
  admin: %q
  max_series_per_source: 3
  listen:
    - {address: "127.0.0.1:0", read_buffer_bytes: 2304}
`, admin))
	s := serve(t, t.TempDir(), "-config", config)
	const hostile = `<img src=x onerror=document.title=1>`
	send(t, s.udp, "page_view\npage-view:1|c\nq:12\nreq:1|c|#user:a\nreq:1|c|#user:<b>\n"+hostile+":x")
	eventually(t, "the kernel drops datagrams", func() error {
		for range 500 {
			send(t, s.udp, "page_view")
		}
		out, errs, code := plimsoll(t, "counters", "-server", s.url)
		if code != 0 || !lossy.MatchString(out) {
			return fmt.Errorf("%d %s%s", code, out, errs)
		}
		return nil
	})
	out, _, _ := plimsoll(t, "counters", "-server", s.url)
	for _, want := range []string{"bad: not a number", "over a limit: source 127.0.0.1", "lines of page-view refused: the name belongs to page_view"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if out, _, _ := plimsoll(t, "counters", "-bad", "-server", s.url); !strings.Contains(out, "refused: not a number ") || !strings.Contains(out, " "+hostile+":x\n") {
		t.Errorf("bad lines:\n%s", out)
	}
	if out, errs, code := plimsoll(t, "top", "-once", "-server", s.url); code != 0 || !strings.Contains(out, "lines/s") {
		t.Errorf("top: %d %s%s", code, out, errs)
	}
	tailOf(t, s)
	b := newBrowser(t)
	b.open(s.url + "/counters")
	b.sees("[data-offenders='1']")
	b.sees("[data-collisions='1']")
	b.sees("[data-chart=page_view_total] [data-lossy]:not([data-lossy='0'])")
	b.wait(fmt.Sprintf("document.body.innerText.includes(%q)", hostile))
	b.misses("main img, main script")
	b.quiet()
	words(t, admin) // it deletes
}

// tailOf sends until a tail shows a line.
func tailOf(t *testing.T, s *server) {
	t.Helper()
	tail := start(t, filepath.Join(bin, "plimsoll"), "tail", "q", "-server", s.url)
	eventually(t, "the tail shows lines", func() error {
		send(t, s.udp, "other:1\nq:oops\nq:7")
		got := tail.out.String()
		if !strings.Contains(got, "\tcounted\tq:7\n") || !strings.Contains(got, "refused: not a number\tq:oops\n") || strings.Contains(got, "other") {
			return fmt.Errorf("%q", got)
		}
		return nil
	})
}

// words asks the admin port as etsy's clients do.
func words(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "health\ncounters\ndelcounters page_view none\nquit\n"); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(conn)
	for _, want := range []string{"health: up\n{\n", `  "page_view": `, "deleted: page_view\n", "metric none not found\nEND\n\n"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("no %q in %q: %v", want, out, err)
		}
	}
}
