package notify

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func program(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sms")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCommandGetsTheText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	t.Setenv("PLIMSOLL_CANARY", canary)
	file := program(t, `{ cat; echo "$# $PLIMSOLL_TO $PLIMSOLL_EVENT $PLIMSOLL_DELIVERY"; env; } > `+out+"\necho queued as 17\n")
	answer, err := deliver(t, Contact{SMS: &SMS{Command: file, To: []string{"+49170"}}}, problem())
	if err != nil || answer != `exit 0 "queued as 17"` {
		t.Errorf("answer %s, error %v", answer, err)
	}
	got, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(got), "[CRITICAL] web is down\n0 +49170 problem plimsoll.7.problem\n") {
		t.Errorf("got %q, error %v", got, err)
	}
	if strings.Contains(string(got), canary) {
		t.Errorf("the command sees our environment: %s", got)
	}
}

func TestCommandExits(t *testing.T) {
	for code, want := range map[string]string{
		"exit 0": "sent", "exit 1": "retry", "exit 65": "final", "exit 67": "final", "exit 75": "retry",
		"kill -9 $$": "retry", "sleep 2 &": "sent",
	} {
		if _, err := deliver(t, Contact{SMS: &SMS{Command: program(t, code+"\n")}}, problem()); outcome(err) != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
}

// TestCommandIsKilledWithItsGroup: what hangs is a child of the command.
func TestCommandIsKilledWithItsGroup(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	file := program(t, "sleep 300 & echo $! > "+pid+"\nwait\n")
	_, err := deliver(t, Contact{SMS: &SMS{Command: file, Timeout: 500 * time.Millisecond}}, problem())
	if outcome(err) != "retry" || !strings.Contains(err.Error(), "killed after 500ms") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 { // it is reaped by whoever adopted it
		state, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat")
		if errors.Is(err, os.ErrNotExist) || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d lives on: %v", child, syscall.Kill(child, syscall.SIGKILL))
}
