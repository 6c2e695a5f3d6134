package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/agents/batch"
)

// measured returns what one part adds, as text.
func measured(t *testing.T, m measure, at time.Time) (string, error) {
	t.Helper()
	b := new(batch.Names).Batch(at)
	err := m(t.Context(), b)
	return text(b.Samples), err
}

func TestWhatHardlyChangesIsMeasuredOnceAMinute(t *testing.T) {
	asked := 0
	m := seldom(func(_ context.Context, b *batch.Batch) error {
		asked++
		b.Gauge("asked", float64(asked))
		return errors.New("and an error")
	})
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "1"}, {10 * time.Second, "1"}, {59 * time.Second, "1"}, {60 * time.Second, "2"}, {70 * time.Second, "2"}, {-time.Hour, "3"}} {
		got, err := measured(t, m, tick.Add(c.after))
		if err == nil || !strings.Contains(got, "} gauge "+c.want+"\n") {
			t.Errorf("after %v: %v and %q, want %s", c.after, err, got, c.want)
		}
	}
}

func TestPartsCanBeLeftOut(t *testing.T) {
	a := fixture(t, func(c *Config) { c.Without = []string{"schedstat", "timex"} })
	samples, err := a.Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if strings.HasPrefix(s.Name(), "node_schedstat_") || strings.HasPrefix(s.Name(), "node_timex_") {
			t.Errorf("%s is measured", s.Labels)
		}
	}
	c := Default()
	c.Without = []string{"loadavg", "nonsense"}
	if err := c.Validate(); err == nil || err.Error() != `without: there is no part "nonsense"` {
		t.Errorf("got %v", err)
	}
}

func TestUnitThatWorksAgainFallsToZero(t *testing.T) {
	state := "failed"
	s := &systemd{units: func(context.Context) ([]unit, error) { return []unit{{"a.service", state}}, nil }, failed: map[string]bool{}}
	want := `{__name__="node_systemd_unit_state", name="a.service", state="failed", type="service"} gauge `
	for _, c := range []struct{ state, value string }{{"failed", "1"}, {"active", "0"}} {
		state = c.state
		if got, err := measured(t, s.measure, tick); err != nil || !strings.Contains(got, want+c.value) {
			t.Errorf("%s: %v\n%s", state, err, got)
		}
	}
}

func TestCgroupsBeyondTheBoundAreCounted(t *testing.T) {
	samples, err := fixture(t, func(c *Config) { c.MaxCgroups = 1 }).Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	out := text(samples)
	if !strings.Contains(out, `"plimsoll_host_cgroups_left_out"} gauge 2`) || strings.Contains(out, `name="nginx.service"`) {
		t.Errorf("not one group alone:\n%s", out)
	}
}

func TestCgroupsOfVersion1(t *testing.T) {
	dir := t.TempDir()
	for name, value := range map[string]string{
		"cpuacct/system.slice/a.service/cpuacct.usage":              "2500000000\n",
		"memory/system.slice/a.service/memory.usage_in_bytes":       "8192\n",
		"memory/system.slice/a.service/memory.limit_in_bytes":       "9223372036854771712\n",
		"memory/system.slice/a.service/memory.stat":                 "rss 1\ntotal_rss 2048\ntotal_inactive_file 4096\n",
		"pids/system.slice/a.service/pids.current":                  "3\n",
		"memory/system.slice/a.service/inner/memory.usage_in_bytes": "1\n",
	} {
		path := filepath.Join(dir, "fs/cgroup", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := fixture(t, func(c *Config) { c.Sys = dir })
	samples, err := a.Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	out := text(samples)
	for _, want := range []string{
		`{__name__="container_cpu_usage_seconds_total", cpu="total", id="/system.slice/a.service", name="a.service"} counter 2.5`,
		`{__name__="container_memory_working_set_bytes", id="/system.slice/a.service", name="a.service"} gauge 4096`,
		`{__name__="container_spec_memory_limit_bytes", id="/system.slice/a.service", name="a.service"} gauge 0`,
		`{__name__="container_threads", id="/system.slice/a.service", name="a.service"} gauge 3`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestTextFilesThatSpoilOthersAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, problem string }{
		"own":     {"node_load1 7\n", "node_load1 is measured by the agent itself"},
		"twice":   {"a 1\na 2\n", "comes twice"},
		"time":    {"a 1 1000\n", "has a time of its own"},
		"garbage": {"a one\n", "invalid syntax"},
		"long":    {"a{x=\"" + strings.Repeat("y", 2000) + "\"} 1\n", "too long labels"},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"bad.prom": c.text, "good.prom": "good 1\n", "other.txt": "other 1\n"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := measured(t, newTextfiles(dir).measure, tick)
		if err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), "bad.prom") {
			t.Errorf("%s: error is %v", name, err)
		}
		if !strings.Contains(got, `"good"} gauge 1`) || strings.Contains(got, `"a"`) || !strings.Contains(got, `"node_textfile_scrape_error"} gauge 1`) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestLargeFilesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := new(reader).read(path); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}
