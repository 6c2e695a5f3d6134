package phpfpm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/peertest"
)

// sampled asks a pool once.
func sampled(t *testing.T, c Config) (map[string]float64, error) {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	out := map[string]float64{}
	for _, s := range samples {
		out[s.Labels.String()] = s.Value
	}
	return out, err
}

func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for key := range want {
		if v, is := got[key]; !is || v != want[key] {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want[key])
		}
	}
}

func TestRealPool(t *testing.T) {
	dir := t.TempDir()
	socket, script := filepath.Join(dir, "s"), filepath.Join(dir, "hello.php")
	for path, text := range map[string]string{
		filepath.Join(dir, "fpm.conf"): fmt.Sprintf(`[global]
error_log = %[1]s/log
daemonize = no
[web]
user = nobody
group = nogroup
listen = %[2]s
pm = static
pm.max_children = 3
pm.status_path = /status
`, dir, socket),
		script: "<?php echo 'hello';",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) { // the pool's user reads the script
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p := peertest.Start(t, nil, "php-fpm8.2", "-n", "-y", filepath.Join(dir, "fpm.conf"))
	p.AwaitAddress(t, socket)
	for range 2 {
		if got := run(t, socket, script); got != "hello" {
			t.Fatalf("the script answered %q", got)
		}
	}
	var got map[string]float64
	p.Await(t, "at rest", func(context.Context) bool {
		var err error
		if got, err = sampled(t, Config{Address: socket}); err != nil {
			t.Fatal(err)
		}
		return got[`{__name__="phpfpm_active_processes", pool="web"}`] == 1 && got[`{__name__="phpfpm_total_processes", pool="web"}`] == 3
	})
	expect(t, got, map[string]float64{
		`{__name__="phpfpm_up", pool="web"}`:                   1,
		`{__name__="phpfpm_slow_requests", pool="web"}`:        0,
		`{__name__="phpfpm_max_children_reached", pool="web"}`: 0,
	})
	if n := got[`{__name__="phpfpm_accepted_connections", pool="web"}`]; n < 3 {
		t.Errorf("%v connections were accepted", n)
	}
	got, err := sampled(t, Config{Address: socket, StatusPath: "/other"})
	if err == nil || !strings.Contains(err.Error(), "Status: 404") {
		t.Errorf("of a path that is none: %v", err)
	}
	expect(t, got, map[string]float64{`{__name__="phpfpm_up", pool=""}`: 0})
}

// run has the pool run a script.
func run(t *testing.T, socket, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := ask.Dial(ctx, socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(request([][2]string{{"REQUEST_METHOD", "GET"}, {"SCRIPT_FILENAME", script}})); err != nil {
		t.Fatal(err)
	}
	body, err := answer(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAnswersThatAreNone(t *testing.T) {
	end := record(nil, typeEnd, make([]byte, 8))
	for _, c := range []struct {
		text []byte
		want string
	}{
		{nil, "EOF"},
		{[]byte("HTTP/1.1 400"), `not FastCGI: it begins with "HTTP/1.1"`},
		{append(record(nil, typeStderr, []byte("oops")), end...), `no page: "" "oops"`},
		{append(record(nil, typeStdout, []byte("Status: 500 x\r\n\r\n")), end...), `"Status: 500 x" ""`},
		{record(record(nil, typeStdout, make([]byte, 40000)), typeStdout, make([]byte, 40000)), "the answer is longer than 65536 bytes"},
	} {
		if _, err := answer(bytes.NewReader(c.text)); err == nil || err.Error() != c.want {
			t.Errorf("%.20q: %v, want %s", c.text, err, c.want)
		}
	}
	for _, body := range []string{"<html>", `{"pool": 3}`, `[]`} {
		if _, _, err := parse([]byte(body)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is not the status page", body)) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	whole := append(record(nil, typeStdout, []byte("Content-Type: application/json\r\n\r\n{\"pool\":\"web\",\"accepted conn\":1}")), record(nil, typeEnd, make([]byte, 8))...)
	f.Add(whole)
	f.Fuzz(func(_ *testing.T, text []byte) {
		body, err := answer(bytes.NewReader(text))
		if err != nil {
			return
		}
		if pool, values, err := parse(body); err == nil {
			_ = new(batch.Names).Batch(time.Unix(1, 0)).Fields(fields(), values, "pool", pool)
		}
	})
}
