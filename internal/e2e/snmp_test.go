package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
)

// freeUDP returns a UDP address that nobody listens on now.
func freeUDP(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

// TestSNMP polls net-snmp's agent by version 3 with SHA-256 and AES, and asks for
// what it counted in PromQL.
func TestSNMP(t *testing.T) {
	dir, address := t.TempDir(), freeUDP(t)
	secret := writeFile(t, dir, "secret", "what nobody else knows\n")
	conf := writeFile(t, dir, "snmpd.conf", `
createUser farm SHA-256 "what nobody else knows" AES "what nobody else knows"
rouser farm priv
rocommunity public 127.0.0.1
`)
	t.Setenv("SNMP_PERSISTENT_DIR", filepath.Join(dir, "snmp"))
	start(t, "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "udp:"+address)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
snmp:
  interval: 1s
  devices:
    - {address: "%s", name: lab, version: 3, user: farm, auth: SHA-256, auth_secret_file: %q, priv: AES, priv_secret_file: %q, modules: [if_mib, host_resources]}
    - {address: "%s", name: old, version: 1, modules: [if_mib]}
    - {address: "127.0.0.1:9", name: dead, modules: [system], timeout: 100ms}
`, address, secret, secret, address))
	s := serve(t, t.TempDir(), "-config", config)
	s.wants(t, `up{job="snmp", instance="lab"}`, "1")
	s.wants(t, `up{job="snmp", instance="dead"}`, "0")
	s.wants(t, `ifOperStatus{instance="lab", ifName="lo"}`, "1")
	s.wants(t, `count(ifHCInOctets{instance="lab", ifName="lo", ifDescr="lo"} * on (instance, ifName) group_left (ifIndex) snmp_interface_info)`, "1")
	s.wants(t, `rate(ifInOctets{instance="old", ifName="lo"}[20s]) > bool 0`, "1")
	s.wants(t, `rate(hrSystemUptime{instance="lab"}[20s]) > 50 < bool 200`, "1")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestTraps: linkDown of net-snmp's tools becomes one problem of the device and
// interface that the poller knows, linkUp its end; over a kill it is told once.
func TestTraps(t *testing.T) {
	hook := newWebhook(t)
	dir, data, address, traps := t.TempDir(), t.TempDir(), freeUDP(t), freeUDP(t)
	conf := writeFile(t, dir, "snmpd.conf", "rocommunity public 127.0.0.1\n")
	t.Setenv("SNMP_PERSISTENT_DIR", filepath.Join(dir, "snmp"))
	t.Setenv("MIBS", "")
	start(t, "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "udp:"+address)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
contacts:
  - {name: ops, webhook: {url: "%s"}}
snmp:
  interval: 600s
  devices:
    - {address: "%s", name: lab, modules: [if_mib]}
traps: {listen: "%s", optional: false}
`, hook.URL, address, traps))
	s := serve(t, data, "-config", config)
	inform := func(trap string) {
		t.Helper()
		// Port 1 is lo on every Linux; the first trap has the device polled, ten
		// minutes before its time.
		p := start(t, "snmpinform", "-v", "2c", "-c", "public", "-r", "5", "-t", "2", traps, "", trap,
			"1.3.6.1.2.1.2.2.1.1.1", "i", "1", "1.3.6.1.2.1.2.2.1.7.1", "i", "1", "1.3.6.1.2.1.2.2.1.8.1", "i", "2")
		<-p.exited
		if p.code != 0 {
			t.Fatalf("snmpinform: exit code %d", p.code)
		}
	}
	inform("1.3.6.1.6.3.1.1.5.1") // coldStart
	s.wants(t, `up{job="snmp", instance="lab"}`, "1")
	inform("1.3.6.1.6.3.1.1.5.3")
	hook.wants(t, "snmp_link", "problem")
	s.wants(t, `service_check_status{check="snmp_link", device="lab", interface="lo"}`, "2")
	s.kill()

	s = serve(t, data, "-config", config)
	s.wants(t, `service_check_status{check="snmp_link", device="lab", interface="lo"}`, "2")
	s.wants(t, `plimsoll_traps_open_problems`, "1")
	inform("1.3.6.1.6.3.1.1.5.4")
	hook.wants(t, "snmp_link", "recovery")
	s.wants(t, `service_check_status{check="snmp_link", device="lab", interface="lo"}`, "0")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
