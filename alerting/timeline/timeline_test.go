package timeline

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.timeline")
	if err != nil || len(files) < 19 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			play(t, file, read(t, file))
		})
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// play runs a timeline that is as it says.
func play(t *testing.T, path string, text []byte) {
	t.Helper()
	story, err := Parse(path, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range story.Run(t.Context()) {
		t.Error(f)
	}
}

// TestGuide plays what docs/alerting.md shows.
func TestGuide(t *testing.T) {
	shown := regexp.MustCompile("(?s)```timeline\n(.*?)```").FindAllSubmatch(read(t, "../../docs/alerting.md"), -1)
	if len(shown) != 1 {
		t.Fatalf("%d timelines are shown", len(shown))
	}
	play(t, "guide.timeline", shown[0][1])
}

// TestFailures has what is told of expectations that are not met, and of commands
// that cannot be.
func TestFailures(t *testing.T) {
	story, err := Parse("a.timeline", []byte(`rules:
  - {name: Busy, expr: load > 8, interval: 1s, no_data: 1m}
contacts:
  - {name: ops}
  - {name: mail, email: {to: [ops@example.org], from: plimsoll@example.org, smtp: "mail:25"}}
---
load load{instance="a"} 9x90
load load{instance="b"} 9x90
at 5s expect nothing
at 1m expect ops problem Busy, mail [problem Busy@a; problem Busy@b]
at 2m expect state Busy@a warning soft
at 2m expect state Busy warning hard
at 2m expect state Busy@c warning hard
at 2m expect holds Busy@a silence
at 2m ack Busy@a ops 1000d
at 2m ack Busy@c ops
at 2m unack Disk ops
at 2m check web down
at 2m contact boss down
at 2m report db fine
at 2m end
at 2m override first ops 1h
at 2m remove Disk
at 2m drop load{instance="b"}
at 9m restart
at 10m check "a b" up
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `a.timeline:9: at 5s expect nothing
  wanted: nothing
  got:    mail [problem Busy@a; problem Busy@b], ops problem Busy@a, ops problem Busy@b
a.timeline:10: at 1m expect ops problem Busy, mail [problem Busy@a; problem Busy@b]
  wanted: mail [problem Busy@a; problem Busy@b], ops problem Busy
  got:    nothing
a.timeline:11: at 2m expect state Busy@a warning soft
  wanted: warning soft
  got:    warning hard
a.timeline:12: at 2m expect state Busy warning hard
  "Busy" may be any of Busy@a, Busy@b
a.timeline:13: at 2m expect state Busy@c warning hard
  wanted: warning hard
  got:    gone
a.timeline:14: at 2m expect holds Busy@a silence
  wanted: silence
  got:    nothing
a.timeline:15: at 2m ack Busy@a ops 1000d
  …
a.timeline:16: at 2m ack Busy@c ops
  there is no alert "Busy@c"
a.timeline:17: at 2m unack Disk ops
  there is no alert "Disk"
a.timeline:18: at 2m check web down
  there is no check "web"
a.timeline:19: at 2m contact boss down
  there is no contact "boss"
a.timeline:20: at 2m report db fine
  …
a.timeline:21: at 2m end
  …
a.timeline:22: at 2m override first ops 1h
  …
a.timeline:23: at 2m remove Disk
  there is no check, rule or service "Disk"
a.timeline:26: at 10m check "a b" up
  there is no check "a b"
a.timeline: messages that no line expects: mail closed Busy@b, ops closed Busy@b`
	got := strings.Join(story.Run(t.Context()), "\n")
	engine := regexp.MustCompile(`(?m)^(a.timeline:(15|20|21|22): .*\n) .*$`) // its own words
	if diff := cmp.Diff(want, engine.ReplaceAllString(got, "$1  …")); diff != "" {
		t.Error(diff)
	}
}

// TestPaired has the choosy find theirs.
func TestPaired(t *testing.T) {
	on := func(instances ...string) (all []message) {
		for _, i := range instances {
			all = append(all, message{"ops", false, []word{{"problem", subject{"Down", i}}}})
		}
		return all
	}
	for text, want := range map[string]bool{
		"ops problem Down, ops problem Down@a":   true,
		"ops problem Down@b, ops problem Down@a": true,
		"ops problem Down, ops problem Down":     true,
		"ops problem Down@a, ops problem Down@a": false,
		"ops problem Down":                       false,
		"ops problem Down, ops recovery Down":    false,
		"ops problem Down, boss problem Down":    false,
		"ops [problem Down; problem Down]":       false,
	} {
		wanted, err := parseWanted(text)
		if got := meets(wanted, on("a", "b")); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
