package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A snapshot of the running service is whole, and a data directory: served, it
// answers as the service did.
func TestSnapshotIsServed(t *testing.T) {
	s := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "c.yml", "flush: 1s\nagent: {enabled: false}\n"))
	conn, err := net.Dial("udp", s.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range 20 {
		fmt.Fprintf(conn, "sold:%d|c\nprice:%d|ms\nstock:%d|g\n", 2, i, i)
	}
	s.wants(t, "sold_total", "40")
	dir := filepath.Join(t.TempDir(), "copy")
	out, errs, code := plimsoll(t, "snapshot", "-server", s.url, dir)
	if code != 0 || !strings.Contains(out, dir+" holds") || !strings.Contains(errs, "files") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if out, errs, code := plimsoll(t, "snapshot", "-verify", dir); code != 0 || !strings.Contains(out, "is whole") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if out, errs, code := plimsoll(t, "snapshot", "-server", s.url, dir); code != 1 || !strings.Contains(errs, "is not empty") {
		t.Errorf("again: exit %d: %s%s", code, out, errs)
	}
	if _, errs, code := plimsoll(t, "snapshot", "-data", s.data, dir+"2"); code != 1 || !strings.Contains(errs, "leave out -data") {
		t.Errorf("beside the service: exit %d: %s", code, errs)
	}
	dump := filepath.Join(t.TempDir(), "dump")
	if _, errs, code := plimsoll(t, "archive", "export", "-server", s.url, "-o", dump, "{__name__=~\"sold_total|price_seconds\"}"); code != 0 || !strings.Contains(errs, "2 series written") {
		t.Errorf("export: exit %d: %s", code, errs)
	}
	other := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "c.yml", "agent: {enabled: false}\n"))
	if out, errs, code := plimsoll(t, "archive", "import", "-server", other.url, dump); code != 0 || !strings.Contains(out, "2 series brought in") {
		t.Errorf("import: exit %d: %s%s", code, out, errs)
	}
	other.wants(t, "sold_total", "40")
	s.kill()
	c := serve(t, dir, "-config", writeFile(t, t.TempDir(), "c.yml", "flush: 1s\nagent: {enabled: false}\n"))
	c.wants(t, "sold_total", "40")
	c.wants(t, "price_seconds_count", "20")
	c.kill()
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), []byte("harmed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := plimsoll(t, "snapshot", "-verify", dir); code != 1 || !strings.Contains(out, "checkpoint: is not as it was written") {
		t.Errorf("harmed: exit %d: %s%s", code, out, errs)
	}
}
