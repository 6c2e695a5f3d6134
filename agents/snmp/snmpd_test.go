package snmp

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/usm"
)

// snmpd runs net-snmp's agent and returns its address.
func snmpd(t *testing.T, config string) string {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := socket.LocalAddr().String()
	socket.Close()
	snmpdAt(t, address, config, t.TempDir())
	return address
}

// snmpdAt runs it at an address, with its state in dir, until the test ends or
// stop is called.
func snmpdAt(t *testing.T, address, config, dir string) (stop func()) {
	t.Helper()
	conf := filepath.Join(dir, "snmpd.conf")
	if err := os.WriteFile(conf, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "udp:"+address)
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("start snmpd: %v (make test installs it)", err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	t.Cleanup(stop)
	return stop
}

// TestDeviceThatBeginsAgain of version 3 answers again: after a restart its engine
// has counted one more, after a repair it is another.
func TestDeviceThatBeginsAgain(t *testing.T) {
	t.Setenv("PLIMSOLL_TEST_SECRET", secret)
	config := fmt.Sprintf("createUser farm SHA-256 %q AES %q\nrouser farm priv\n", secret, secret)
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := socket.LocalAddr().String()
	socket.Close()
	dir := t.TempDir()
	stop := snmpdAt(t, address, config, dir)
	x := newTester(t, Device{
		Address: address, Version: "3", Modules: []string{"system"},
		User: usm.User{User: "farm", Auth: "SHA-256", AuthSecretEnv: "PLIMSOLL_TEST_SECRET", Priv: "AES", PrivSecretEnv: "PLIMSOLL_TEST_SECRET"},
	})
	x.timeout = time.Second
	x.awake()
	for _, next := range []string{dir, t.TempDir()} {
		stop()
		stop = snmpdAt(t, address, config, next)
		x.awake()
	}
}

const secret = "a secret of some length"

// TestSNMPD polls net-snmp's agent with each version.
func TestSNMPD(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLIMSOLL_TEST_SECRET", secret)
	config := "rocommunity farm 127.0.0.1\nsysName lab\nsysLocation Berlin\n"
	users := []usm.User{
		{User: "plain"},
		{User: "md5des", Auth: "MD5", Priv: "DES"},
		{User: "sha", Auth: "SHA"},
		{User: "sha256aes", Auth: "SHA-256", Priv: "AES"},
		{User: "sha512aes", Auth: "SHA-512", Priv: "AES"},
	}
	for i, u := range users {
		level := "noauth"
		create := "createUser " + u.User
		if u.Auth != "" {
			users[i].AuthSecretFile, level = secretFile, "auth"
			create += fmt.Sprintf(" %s %q", u.Auth, secret)
		}
		if u.Priv != "" {
			users[i].PrivSecretEnv, level = "PLIMSOLL_TEST_SECRET", "priv"
			create += fmt.Sprintf(" %s %q", u.Priv, secret)
		}
		config += fmt.Sprintf("%s\nrouser %s %s\n", create, u.User, level)
	}
	address := snmpd(t, config)
	devices := []Device{{Version: "1", Community: "farm"}, {Version: "2c", Community: "farm"}}
	for _, u := range users {
		devices = append(devices, Device{Version: "3", User: u})
	}
	for _, d := range devices {
		t.Run(string(d.Version)+d.User.User, func(t *testing.T) {
			d.Address, d.Name, d.Modules = address, "lab", []string{"if_mib", "system", "host_resources", "ucd"}
			x := newTester(t, d)
			x.timeout = 2 * time.Second
			x.awake()
			got := x.poll()
			octets := "ifHCInOctets lo"
			if d.Version == "1" {
				octets = "ifInOctets lo"
			}
			for _, name := range []string{octets, "ifOperStatus lo", "sysName lab", "sysUpTime", "hrSystemProcesses", "hrStorageUsed Physical memory", "laLoadFloat Load-1", "memTotalReal", "ssCpuRawIdle"} {
				if _, there := got[name]; !there {
					t.Errorf("there is no %q", name)
				}
			}
			second := x.poll()
			if first := got[octets]; second[octets] < first || d.Version != "1" && first == 0 {
				t.Errorf("%s: %v, then %v", octets, first, second[octets])
			}
			if x.clock.run != 1 {
				t.Errorf("run %d", x.clock.run)
			}
		})
	}
	t.Run("wrong secret", func(t *testing.T) {
		t.Setenv("PLIMSOLL_TEST_SECRET", "not the secret at all")
		u := usm.User{User: "sha256aes", Auth: "SHA-256", AuthSecretEnv: "PLIMSOLL_TEST_SECRET"}
		x := newTester(t, Device{Address: address, Version: "3", User: u, Modules: []string{"system"}})
		r := x.device.poll(t.Context(), x.exchange, time.Now(), 0)
		if r.err == nil || r.answered || strings.Contains(r.err.Error(), "secret") {
			t.Errorf("answered %v, %v", r.answered, r.err)
		}
	})
}

// awake waits until the device answers.
func (x *tester) awake() {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), 15*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if r := x.device.poll(ctx, x.exchange, time.Now(), 0); r.err == nil {
			return
		}
	}
	x.t.Fatal("the device does not answer")
}
