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
`)
	t.Setenv("SNMP_PERSISTENT_DIR", filepath.Join(dir, "snmp"))
	start(t, "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "udp:"+address)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
snmp:
  interval: 1s
  devices:
    - {address: "%s", name: lab, version: 3, user: farm, auth: SHA-256, auth_secret_file: %q, priv: AES, priv_secret_file: %q, modules: [if_mib, host_resources]}
    - {address: "127.0.0.1:9", name: dead, modules: [system], timeout: 100ms}
`, address, secret, secret))
	s := serve(t, t.TempDir(), "-config", config)
	s.wants(t, `up{job="snmp", instance="lab"}`, "1")
	s.wants(t, `up{job="snmp", instance="dead"}`, "0")
	s.wants(t, `ifOperStatus{instance="lab", ifName="lo"}`, "1")
	s.wants(t, `count(ifHCInOctets{instance="lab", ifName="lo", ifDescr="lo"} * on (instance, ifName) group_left (ifIndex) snmp_interface_info)`, "1")
	s.wants(t, `rate(hrSystemUptime{instance="lab"}[20s]) > 50 < bool 200`, "1")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
