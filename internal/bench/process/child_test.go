package process

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestTalker(t *testing.T) {
	talker, err := Speak(exec.Command("sh", "-c", `echo ready; while read q; do echo "{\"said\":\"$q\"}"; done; echo bye >&2`), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, question := range []string{"one", "two"} {
		var answer struct{ Said string }
		if err := talker.Ask(question, &answer); err != nil || answer.Said != question {
			t.Errorf("%+v, %v", answer, err)
		}
	}
	if !talker.Alive() {
		t.Error("it is not alive")
	}
	talker.Stop(time.Minute)
	if talker.Alive() {
		t.Error("it is alive still")
	}
	if _, err := Speak(exec.Command("sh", "-c", "echo why >&2; echo not"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("one that is not ready: %v", err)
	}
}

func TestChildThatDoesNotEnd(t *testing.T) {
	c, err := Start(exec.Command("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.01; done"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for c.Said() == "" { // by then it heeds no signal
		time.Sleep(time.Millisecond)
	}
	c.Stop(10 * time.Millisecond)
	if c.Alive() {
		t.Error("it is alive still")
	}
}

func TestWriteGoals(t *testing.T) {
	goals := []Goal[int]{
		{"at most 3", func(n int) (string, bool, bool) { return "so many", n <= 3, true }},
		{"at most 1", func(n int) (string, bool, bool) { return "so many", n <= 1, true }},
		{"of others", func(int) (string, bool, bool) { return "", false, false }},
	}
	for all, want := range map[bool]string{
		false: "| at most 3 | so many | yes |\n| at most 1 | so many | **no** |\n",
		true:  "| at most 3 | so many | yes |\n| at most 1 | so many | **no** |\n| of others | not measured | |\n",
	} {
		var b strings.Builder
		WriteGoals(&b, goals, 2, all)
		if _, got, _ := strings.Cut(b.String(), "|---|---|---|\n"); got != want {
			t.Errorf("got\n%s", b.String())
		}
	}
}
