package nagios

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

// told remembers results.
type told []metric.CheckResult

func (t *told) PutCheck(_ context.Context, r metric.CheckResult) error {
	*t = append(*t, r)
	return nil
}

// sampled runs a check once.
func sampled(t *testing.T, c Config) (map[string]float64, metric.CheckResult, error) {
	t.Helper()
	target, err := c.Target("web1")
	if err != nil {
		t.Fatal(err)
	}
	var results told
	a, is := target.Agent.(*Agent)
	if !is {
		t.Fatalf("%T", target.Agent)
	}
	a.TellTo(&results)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	if len(results) != 1 {
		t.Fatalf("%d results were told", len(results))
	}
	out := map[string]float64{}
	for _, s := range samples {
		out[strings.TrimPrefix(s.Labels.String(), `{__name__="nagios_`)] = s.Value
	}
	return out, results[0], err
}

func TestRealPlugins(t *testing.T) {
	peertest.Path(t, "check_disk") // or make test did not install them
	got, result, err := sampled(t, Config{Check: "load", Command: []string{"check_load", "-w", "0,0,0", "-c", "9999,9999,9999"}})
	if err != nil {
		t.Fatal(err)
	}
	if got[`check_state"}`] != 1 || result.State != metric.Warning || result.Host != "web1" || !strings.HasPrefix(result.Message, "LOAD WARNING") {
		t.Errorf("load: %v, %+v", got, result)
	}
	for _, label := range []string{"load1", "load5", "load15"} {
		if _, is := got[`perfdata", label="`+label+`"}`]; !is {
			t.Errorf("%s is missing of %v", label, got)
		}
	}
	got, result, err = sampled(t, Config{Check: "disk", Command: []string{"check_disk", "-w", "0%", "-c", "0%", "-p", "/"}})
	if err != nil || result.State != metric.OK || got[`perfdata_bytes", label="/"}`] < 1e6 {
		t.Errorf("disk: %v, %+v, %v", got, result, err)
	}
	for code, state := range []metric.Severity{metric.OK, metric.Warning, metric.Critical, metric.Unknown} {
		got, result, err = sampled(t, Config{Check: "x", Command: []string{"check_dummy", strconv.Itoa(code), "hello"}})
		if err != nil || result.State != state || got[`check_state"}`] != float64(code) || !strings.HasSuffix(result.Message, "hello") {
			t.Errorf("%s: %v, %+v, %v", state, got, result, err)
		}
	}
}

// script writes a program and returns its path.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPluginsThatDoNotTellAState(t *testing.T) {
	for text, want := range map[string]string{
		"echo oops; exit 7": "ended with exit status 7, which is no state",
		"kill -9 $$":        "ended with signal: killed, which is no state",
		"exit 127":          "ended with exit status 127",
	} {
		got, result, err := sampled(t, Config{Check: "x", Command: []string{script(t, text)}})
		if err == nil || !strings.Contains(err.Error(), want) || result.State != metric.Critical || result.Message != err.Error() || got[`check_state"}`] != 2 {
			t.Errorf("%s: %v, %+v, %v", text, got, result, err)
		}
	}
	_, result, err := sampled(t, Config{Check: "x", Command: []string{"/none"}})
	if !errors.Is(err, os.ErrNotExist) || result.State != metric.Critical {
		t.Errorf("%+v, %v", result, err)
	}
}

// A plugin that hangs is killed with its children, also one that sleeps in a
// pipe that keeps our end open.
func TestHungPluginIsKilledWithItsChildren(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	path := script(t, fmt.Sprintf("echo started\nsleep 1000 &\necho $! > %s\nwait\n", pid))
	began := time.Now()
	got, result, err := sampled(t, Config{Check: "x", Command: []string{path}, Timeout: 500 * time.Millisecond, TimeoutState: metric.Unknown})
	if err == nil || !strings.Contains(err.Error(), "did not end in time") || result.State != metric.Unknown || got[`check_state"}`] != 3 {
		t.Errorf("%v, %+v, %v", got, result, err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for gone := false; !gone; gone = errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("its child is alive")
		}
	}
}

func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

func TestSecretsOfOurEnvironmentAreNotHandedOn(t *testing.T) {
	t.Setenv("PLIMSOLL_TOKEN", "s3cret")
	_, result, err := sampled(t, Config{Check: "x", Command: []string{script(t, `echo "t=$PLIMSOLL_TOKEN a=$A"`)}, Env: map[string]string{"A": "b"}})
	if err != nil || result.Message != "t= a=b" {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	_, result, err := sampled(t, Config{Check: "x", Command: []string{script(t, "head -c 300000 /dev/zero | tr '\\0' x")}})
	if err != nil || len(result.Message) != 64<<10 {
		t.Errorf("%d bytes, %v", len(result.Message), err)
	}
}

func TestConfiguration(t *testing.T) {
	err := Config{Timeout: -1, TimeoutState: "bad", Options: agents.Options{Interval: -1}}.Validate()
	want := `interval: -1ns is not a whole number of seconds
check: is empty; give the check a name
command: is empty; give a list of the program and its arguments
timeout: -1ns is negative
timeout_state: "bad" is not ok, warning, critical or unknown`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	target, err := Config{Check: "load", Command: []string{"check_load"}, Options: agents.Options{Labels: map[string]string{"team": "ops"}}}.Target("web1")
	if err != nil {
		t.Fatal(err)
	}
	want2 := agents.Options{Job: "nagios", Instance: "web1", Labels: map[string]string{"check": "load", "team": "ops"}}
	if diff := cmp.Diff(want2, target.Options); diff != "" {
		t.Error(diff)
	}
}
