package trap

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/usm"
)

// inbox remembers what it was given.
type inbox struct {
	mu     sync.Mutex
	events []metric.Event
	checks []metric.CheckResult
	polled []string
}

func (i *inbox) PutEvent(_ context.Context, e metric.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, e)
	return nil
}

func (i *inbox) PutCheck(_ context.Context, r metric.CheckResult) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.checks = append(i.checks, r)
	return nil
}

func (i *inbox) titles() (out []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.events {
		out = append(out, e.Title)
	}
	return out
}

func (i *inbox) states() (out []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range i.checks {
		out = append(out, c.Name+" "+c.Labels["device"]+" "+c.Labels["interface"]+" "+string(c.State))
	}
	return out
}

func config(box *inbox) Config {
	c := Default()
	c.Listen, c.Optional, c.Events, c.Checks = "127.0.0.1:0", false, box, box
	c.Communities = []string{"public", "farm"}
	c.Device = func(address string) string {
		return map[string]string{"127.0.0.1": "sw1", "10.1.2.3": "sw2"}[address]
	}
	c.Interface = func(device string, i int) string {
		if device == "sw1" && i == 7 {
			return "uplink"
		}
		return ""
	}
	c.Poll = func(device string) { box.polled = append(box.polled, device) }
	return c
}

// run runs a Receiver until the test ends, or until it is stopped.
func run(t *testing.T, c Config) (r *Receiver, stop func()) {
	t.Helper()
	r, err := New(c, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return r, stop
}

// tool runs one of net-snmp's and returns whether it succeeded.
func tool(t *testing.T, name string, args ...string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir(), "MIBS=")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v (make test installs it)", name, err)
	}
	if err != nil {
		t.Logf("%s %v: %v %s", name, args, err, out)
	}
	return err == nil
}

const (
	linkDown = "1.3.6.1.6.3.1.1.5.3"
	linkUp   = "1.3.6.1.6.3.1.1.5.4"
	secret   = "what nobody else knows"
)

var down7 = []string{"1.3.6.1.2.1.2.2.1.1.7", "i", "7", "1.3.6.1.2.1.2.2.1.7.7", "i", "1", "1.3.6.1.2.1.2.2.1.8.7", "i", "2"}

func users(t *testing.T) []usm.User {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return []usm.User{
		{User: "safe", Auth: "SHA-256", AuthSecretFile: file, Priv: "AES", PrivSecretFile: file},
		{User: "des", Auth: "MD5", AuthSecretFile: file, Priv: "DES", PrivSecretFile: file},
		{User: "auth", Auth: "SHA", AuthSecretFile: file},
		{User: "open"},
	}
}

func levels() map[string][]string {
	return map[string][]string{
		"safe": {"-u", "safe", "-l", "authPriv", "-a", "SHA-256", "-A", secret, "-x", "AES", "-X", secret},
		"des":  {"-u", "des", "-l", "authPriv", "-a", "MD5", "-A", secret, "-x", "DES", "-X", secret},
		"auth": {"-u", "auth", "-l", "authNoPriv", "-a", "SHA", "-A", secret},
		"open": {"-u", "open", "-l", "noAuthNoPriv"},
	}
}

// TestInforms: net-snmp's snmpinform gets its answer in every version; its exit
// code says so. The engine is the same, and counts its starts, over a restart.
func TestInforms(t *testing.T) {
	box := &inbox{}
	c := config(box)
	c.Dir, c.Users = t.TempDir(), users(t)
	r, stop := run(t, c)
	inform := func(r *Receiver, args ...string) bool {
		args = append([]string{"-r", "2", "-t", "5"}, args...)
		args = append(args, r.Addr().String(), "", linkDown)
		return tool(t, "snmpinform", append(args, down7...)...)
	}
	if !inform(r, "-v", "2c", "-c", "farm") {
		t.Error("version 2c: no answer")
	}
	for name, level := range levels() {
		if !inform(r, append([]string{"-v", "3"}, level...)...) {
			t.Errorf("user %s: no answer", name)
		}
	}
	if inform(r, "-v", "2c", "-c", "wrong", "-r", "0", "-t", "1") {
		t.Error("a wrong community was answered")
	}
	if inform(r, "-v", "3", "-u", "safe", "-l", "authPriv", "-a", "SHA-256", "-A", "not the secret at all", "-x", "AES", "-X", secret, "-r", "0", "-t", "1") {
		t.Error("a wrong secret was answered")
	}
	if inform(r, "-v", "3", "-u", "safe", "-l", "noAuthNoPriv", "-r", "0", "-t", "1") {
		t.Error("a user without proof was answered")
	}
	stop()
	if n := len(box.titles()); n != 5 {
		t.Errorf("%d events: %v", n, box.titles())
	}
	id, boots := r.engine.id, r.engine.boots
	again, stopAgain := run(t, c)
	if !inform(again, append([]string{"-v", "3"}, levels()["safe"]...)...) {
		t.Error("after a restart: no answer")
	}
	stopAgain()
	if again.engine.id != id || again.engine.boots != boots+1 || len(again.open) != 1 {
		t.Errorf("after a restart: engine %x, boots %d, %d open", again.engine.id, again.engine.boots, len(again.open))
	}
}

// TestTraps of all versions, from net-snmp's snmptrap.
func TestTraps(t *testing.T) {
	box := &inbox{}
	c := config(box)
	c.Users = users(t)
	c.Pairs = []Pair{{Open: "1.3.6.1.4.1.9.1.0.1", Close: "1.3.6.1.4.1.9.1.0.2", Check: "fan", By: "1.3.6.1.4.1.9.2", Label: "interface", Severity: metric.Warning}}
	r, stop := run(t, c)
	address := r.Addr().String()
	trap := func(args ...string) {
		t.Helper()
		if !tool(t, "snmptrap", args...) {
			t.Fatal("snmptrap failed")
		}
	}
	trap(append([]string{"-v", "2c", "-c", "farm", address, "", linkDown}, down7...)...)
	trap(append([]string{"-v", "1", "-c", "public", address, "1.3.6.1.4.1.8072", "127.0.0.1", "3", "0", ""}, down7[:3]...)...) // generic 3: linkUp
	trap("-v", "1", "-c", "public", address, "1.3.6.1.4.1.9.1", "10.1.2.3", "6", "1", "", "1.3.6.1.4.1.9.2.0", "s", "fan 3")
	trap("-v", "2c", "-c", "public", address, "", "1.3.6.1.4.1.9.1.2", "1.3.6.1.4.1.9.2.0", "s", "fan 3", "1.3.6.1.6.3.18.1.3.0", "a", "10.1.2.3")
	trap("-v", "1", "-c", "public", address, "", "10.9.9.9", "4", "0", "")
	trap("-v", "2c", "-c", "public", address, "", linkDown, "1.3.6.1.2.1.2.2.1.1.8", "i", "8", "1.3.6.1.2.1.2.2.1.7.8", "i", "2")
	trap("-v", "2c", "-c", "public", address, "", linkDown, "1.3.6.1.2.1.31.1.1.1.1.9", "s", "eth9")
	trap("-v", "2c", "-c", "public", address, "", "1.3.6.1.4.1.99999.5", "1.3.6.1.4.1.99999.6", "x", "00ff17")
	for _, level := range levels() {
		trap(append(append([]string{"-v", "3", "-e", "0x8000000001020304"}, level...), address, "", "1.3.6.1.6.3.1.1.5.1")...)
	}
	waitFor(t, func() bool { return len(box.titles()) == 12 })
	stop()
	wantTitles := []string{
		"linkDown from sw1", "linkUp from sw1", "1.3.6.1.4.1.9.1.0.1 from sw2", "1.3.6.1.4.1.9.1.2 from sw2",
		"authenticationFailure from sw1", "linkDown from sw1", "linkDown from sw1", "1.3.6.1.4.1.99999.5 from sw1",
		"coldStart from sw1", "coldStart from sw1", "coldStart from sw1", "coldStart from sw1",
	}
	if diff := cmp.Diff(wantTitles, box.titles()); diff != "" {
		t.Error(diff)
	}
	wantStates := []string{
		"snmp_link sw1 uplink critical", "snmp_link sw1 uplink ok", "fan sw2 fan 3 warning", "fan sw2 fan 3 ok", "snmp_link sw1 eth9 critical",
	}
	if diff := cmp.Diff(wantStates, box.states()); diff != "" {
		t.Error(diff)
	}
	if e := box.events[7]; e.Text != "1.3.6.1.4.1.99999.6 = 00:ff:17" || e.Labels["trap"] != "1.3.6.1.4.1.99999.5" || e.Labels["sender"] != "127.0.0.1" {
		t.Errorf("%+v", e)
	}
	if e := box.events[4]; e.Labels["agent"] != "10.9.9.9" || e.Type != "warning" {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(strings.Join(box.polled, " "), "sw2") {
		t.Errorf("polled %v", box.polled)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come")
		}
	}
}
