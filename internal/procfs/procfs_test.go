package procfs

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestStatsOfThisHost(t *testing.T) {
	const d = Dir("/proc")
	all, err := d.Stats()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.PID != os.Getpid() {
			continue
		}
		if s.Command != "procfs.test" || s.Threads < 2 || s.RSSBytes < 1<<20 || s.VirtualBytes < s.RSSBytes || s.Start == 0 || s.Parent != os.Getppid() {
			t.Errorf("of the test itself: %+v", s)
		}
		if owner := d.Owner(s.PID); owner != fmt.Sprint(os.Getuid()) {
			t.Errorf("it is of %q", owner)
		}
		return
	}
	t.Errorf("the test itself is not among %d processes", len(all))
}

func TestPicks(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	cmd.Args[0] = "a-name-longer-than-fifteen"
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	const d = Dir("/proc")
	users := Users("")
	for _, tt := range []struct {
		s    Selector
		want bool
	}{
		{Selector{Comm: "sleep"}, true},
		{Selector{Comm: "sl*"}, true},
		{Selector{Comm: "slee"}, false},
		{Selector{Exe: "sleep"}, true},
		{Selector{Exe: "/*/*/sleep"}, true},
		{Selector{Exe: "/bin/false"}, false},
		{Selector{Cmdline: `^a-name-longer-than-fifteen 100$`}, true},
		{Selector{Cmdline: `^sleep`}, false},
		{Selector{User: fmt.Sprint(os.Getuid())}, true},
		{Selector{User: users[fmt.Sprint(os.Getuid())]}, true},
		{Selector{User: "nobody-at-all"}, false},
		{Selector{Comm: "sleep", User: "nobody-at-all"}, false},
		{Selector{Comm: "sleep", Cmdline: "100$"}, true},
	} {
		p, err := tt.s.Picker()
		if err != nil {
			t.Fatal(err)
		}
		s := Stat{PID: cmd.Process.Pid, Command: "sleep"}
		if got := p.Picks(d, s, users); got != tt.want {
			t.Errorf("%+v: %v; it is %q", tt.s, got, d.CommandLine(s.PID, 100))
		}
	}
	long, _ := Selector{Comm: "a-name-longer-than-fifteen"}.Picker()
	if !long.Picks(d, Stat{Command: "a-name-longer-t"}, nil) {
		t.Error("a name that the kernel has cut is not picked")
	}
}

func TestSelectorMistakes(t *testing.T) {
	for want, s := range map[string]Selector{
		"comm: is missing": {}, `comm: "["`: {Comm: "["}, `exe: "["`: {Exe: "["}, "cmdline: ": {Cmdline: "("},
	} {
		if _, err := s.Picker(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("10 (a b) S 1 1 1 0 -1 0 0 0 0 0 7 0 7 7 20 0 3 0 5 1000 9 18446744073709551615 1 1\n"))
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := ParseStat(data); err == nil && (s.PID < 0 || strings.ContainsAny(s.Command, "\x1b\n")) {
			t.Errorf("%+v", s)
		}
		_ = ParsePasswd(data)
	})
}
