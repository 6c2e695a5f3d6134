package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const retiringConfig = `flush: 1s
agent: {enabled: false}
storage: {flush_interval: 1s, retire_after: 1h, remove_after: 3h, retire_interval: 2s}
`

// TestSilentSeriesAreRetired has the service start with series that were silent
// for hours: they leave the queries, not the disk, and come back by wish and by
// a sample. Files of those that are to go do so once the log has told of them.
func TestSilentSeriesAreRetired(t *testing.T) {
	data := t.TempDir()
	before := serve(t, data, "-config", writeFile(t, t.TempDir(), "c.yml", "agent: {enabled: false}\n"))
	importSilent(t, before)
	before.wants(t, `count(last_over_time({__name__=~"lately|lately_total|long_ago"}[1d]))`, "5")
	if code := before.stop(t); code != 0 {
		t.Fatalf("exit %d", code)
	}

	s := serve(t, data, "-config", writeFile(t, t.TempDir(), "c.yml", retiringConfig))
	s.retires(t, `lately{n="1"}`, `lately{n="2"}`, `lately{n="3"}`, "lately_total")
	if got, err := s.query(`last_over_time({__name__=~"lately|lately_total|long_ago"}[1d])`); err != nil || len(got) > 0 {
		t.Errorf("retired series are read: %v, %v", got, err)
	}
	s.hasFile(t, "archives/lately/n=3.rrd", false)
	s.hasFile(t, "retired/lately/n=3.rrd", true)
	if out, errs, code := plimsoll(t, "archive", "ls", "-server", s.url, "-due", "2h"); code != 0 || !strings.Contains(out, `lately{n="3"}`) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}

	out, errs, code := plimsoll(t, "archive", "restore", "-server", s.url, `{n="1"}`)
	if code != 0 || !strings.Contains(out+errs, "1 series") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	s.wants(t, `max_over_time(lately[1d])`, "60")
	send(t, s.udp, "lately:7|g|#n:2\nlately:5|c")
	s.wants(t, `lately{n="2"}`, "7")
	s.wants(t, `max_over_time(lately{n="2"}[1d])`, "60")
	s.wants(t, `lately_total`, "605")
	s.hasFile(t, "archives/lately/n=1.rrd", true)
	s.hasFile(t, "archives/lately/n=2.rrd", true)

	eventually(t, "what was silent for too long is removed", func() error {
		if !strings.Contains(s.out.String(), "files of retired series removed") {
			return errors.New("not yet")
		}
		return nil
	})
	s.hasFile(t, "retired/long_ago/_.rrd", false)
	s.hasFile(t, "retired/lately/n=3.rrd", true)
	if told, _, _ := strings.Cut(s.out.String(), "files of retired series removed"); !strings.Contains(told, "files of retired series will be removed") {
		t.Errorf("removed before the log told of it:\n%s", s.out)
	}
}

// importSilent brings in series whose newest value, 60, is an hour and a half old,
// and one of ten hours ago.
func importSilent(t *testing.T, s *server) {
	t.Helper()
	var text strings.Builder
	for _, g := range []struct {
		series, kind string
		age          time.Duration
	}{
		{`lately{n="1"}`, "gauge", 90 * time.Minute},
		{`lately{n="2"}`, "gauge", 90 * time.Minute},
		{`lately{n="3"}`, "gauge", 90 * time.Minute},
		{"long_ago", "gauge", 10 * time.Hour},
		{"lately_total", "counter", 90 * time.Minute},
	} {
		name, _, _ := strings.Cut(g.series, "{")
		fmt.Fprintf(&text, "# TYPE %s %s\n", name, g.kind)
		newest := time.Now().Add(-g.age).Truncate(10 * time.Second)
		for i := range 60 {
			value := i + 1
			if g.kind == "counter" {
				value *= 10
			}
			fmt.Fprintf(&text, "%s %d %d\n", g.series, value, newest.Add(time.Duration(i-59)*10*time.Second).UnixMilli())
		}
	}
	file := writeFile(t, t.TempDir(), "silent.txt", text.String())
	if out, errs, code := plimsoll(t, "import", "-server", s.url, "-format", "prometheus", file); code != 0 || !strings.Contains(out, "of 5 series") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
}

// retires waits until all of the series are listed as retired.
func (s *server) retires(t *testing.T, series ...string) {
	t.Helper()
	eventually(t, "retired", func() error {
		out, errs, code := plimsoll(t, "archive", "ls", "-server", s.url, "-retired")
		if code != 0 {
			return fmt.Errorf("exit %d: %s%s", code, out, errs)
		}
		for _, one := range series {
			if !strings.Contains(out, one) {
				return fmt.Errorf("no %s in\n%s", one, out)
			}
		}
		return nil
	})
}

// hasFile fails unless a file of the data directory is there, or not there.
func (s *server) hasFile(t *testing.T, path string, there bool) {
	t.Helper()
	_, err := os.Stat(filepath.Join(s.data, path))
	if there && err != nil || !there && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s, there ought to be one: %v; got %v", path, there, err)
	}
}
