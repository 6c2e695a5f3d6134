package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/procfs"
)

func TestProcessGroups(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	process := func(pid int, name, line string, user, system, start int) {
		put(fmt.Sprint(pid, "/stat"), fmt.Sprintf("%d (%s) S 1 1 1 0 -1 0 0 0 0 0 %d %d 7 7 20 0 3 0 %d 8192 2 18446744073709551615 1 1\n", pid, name, user, system, start))
		put(fmt.Sprint(pid, "/cmdline"), line)
	}
	put("stat", "cpu 1\nbtime 1000\n")
	process(10, "nginx", "nginx: master\x00", 100, 50, 500)
	process(11, "nginx", "nginx: worker\x00", 200, 0, 600)
	process(12, "java", "java\x00-jar\x00app.jar\x00", 10, 10, 700)
	process(13, "java", "java\x00-jar\x00other.jar\x00", 10, 10, 700)
	c := Config{Proc: dir, Processes: Processes{Groups: []ProcessGroup{
		{"app", procfs.Selector{Cmdline: `app\.jar`}}, {"web", procfs.Selector{Comm: "nginx"}}, {"rest", procfs.Selector{Comm: "java"}}, {"none", procfs.Selector{Comm: "x"}},
	}}}
	if err := c.Processes.Validate(); err != nil {
		t.Fatal(err)
	}
	g := newGroups(c)
	page := os.Getpagesize()
	expect := func(what string, lines ...string) {
		t.Helper()
		got, err := measured(t, g.measure, tick)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			name, rest, _ := strings.Cut(line, " ")
			if line = fmt.Sprintf(`{__name__="namedprocess_namegroup_%s", groupname=%s`, name, rest); !strings.Contains(got, line+"\n") {
				t.Errorf("%s: %s is missing of\n%s", what, line, got)
			}
		}
	}
	expect("at first", `num_procs "web"} gauge 2`, `num_procs "app"} gauge 1`, `num_procs "rest"} gauge 1`, `num_procs "none"} gauge 0`,
		`num_threads "web"} gauge 6`, `cpu_seconds_total "web", mode="user"} counter 3`, `cpu_seconds_total "web", mode="system"} counter 0.5`,
		fmt.Sprintf(`memory_bytes "web", memtype="resident"} gauge %d`, 4*page), `memory_bytes "web", memtype="virtual"} gauge 16384`,
		`oldest_start_time_seconds "web"} gauge 1005`)

	// One ended, another began with its number, one went on: nothing is lost or
	// counted twice.
	if err := os.RemoveAll(filepath.Join(dir, "12")); err != nil {
		t.Fatal(err)
	}
	process(11, "nginx", "nginx: worker\x00", 5, 0, 900)
	process(10, "nginx", "nginx: master\x00", 120, 50, 500)
	expect("then", `num_procs "app"} gauge 0`, `cpu_seconds_total "app", mode="user"} counter 0.1`,
		`cpu_seconds_total "web", mode="user"} counter 3.25`, `num_procs "web"} gauge 2`)

	wrong := Processes{Groups: []ProcessGroup{{}, {"a", procfs.Selector{Cmdline: "("}}, {"a", procfs.Selector{Comm: "x"}}}}
	err := wrong.Validate()
	for _, want := range []string{"groups[0].name: is missing", "groups[0].comm: is missing", "groups[1].cmdline: ", `groups[2].name: "a" is taken`} {
		if err == nil || !strings.Contains(err.Error(), "processes."+want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
}

func TestUnitsThatAreWatched(t *testing.T) {
	s := &systemd{
		units: func(context.Context) ([]unit, error) {
			return []unit{{"nginx.service", "failed"}, {"mysql@a.service", "active"}, {"tmp.mount", "active"}, {"ssh.service", "active"}}, nil
		},
		failed: map[string]bool{}, watch: []string{"nginx.service", "mysql@*", "*.mount"},
		restarts: func(_ context.Context, names []string) (map[string]float64, error) {
			return map[string]float64{names[0]: 3}, nil
		},
	}
	got, err := measured(t, s.measure, tick)
	if err != nil {
		t.Fatal(err)
	}
	for line, times := range map[string]int{
		`node_systemd_unit_state", name="nginx.service", state="failed", type="service"} gauge 1`:   1,
		`node_systemd_unit_state", name="nginx.service", state="active", type="service"} gauge 0`:   1,
		`node_systemd_unit_state", name="mysql@a.service", state="active", type="service"} gauge 1`: 1,
		`node_systemd_unit_state", name="tmp.mount", state="active", type="mount"} gauge 1`:         1,
		`node_systemd_service_restart_total", name="nginx.service"} counter 3`:                      1,
		`ssh.service`: 0,
	} {
		if n := strings.Count(got, line); n != times {
			t.Errorf("%s is there %d times in\n%s", line, n, got)
		}
	}
}
