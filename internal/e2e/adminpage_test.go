package e2e

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestNetworkAndAdminPages polls net-snmp's agent, tells a trap and sends rubbish,
// and finds them on the pages, as text.
func TestNetworkAndAdminPages(t *testing.T) {
	dir, address, traps := t.TempDir(), freeUDP(t), freeUDP(t)
	conf := writeFile(t, dir, "snmpd.conf", "rocommunity public 127.0.0.1\n")
	t.Setenv("SNMP_PERSISTENT_DIR", filepath.Join(dir, "snmp"))
	t.Setenv("MIBS", "")
	start(t, "/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "udp:"+address)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
traps: {listen: "%s"}
snmp:
  interval: 1s
  devices:
    - {address: "%s", name: lab, modules: [if_mib]}
    - {address: "127.0.0.1:9", name: dead, modules: [system], timeout: 100ms}
`, traps, address))
	s := serve(t, t.TempDir(), "-config", config)
	send(t, s.udp, hostile+":x")
	if out, err := exec.CommandContext(t.Context(), "snmptrap", "-v", "2c", "-c", "public", traps, "", "1.3.6.1.6.3.1.1.5.1", "1.3.6.1.2.1.1.5.0", "s", hostile).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.does(t, "/api/plimsoll/v1/flush", "{}")
	s.wants(t, `up{instance="lab"}`, "1")
	s.wants(t, `rate(ifHCInOctets{instance="lab", ifName="lo"}[5m]) >= bool 0`, "1")

	b := newBrowser(t)
	b.open(s.url + "/")
	b.sees("body[data-ready]")
	b.press("g")
	b.press("n")
	b.sees(`[aria-label=Devices] [data-row=dead] .critical`)
	b.sees(`[aria-label=Devices] [data-row=lab] .ok`)
	b.wait(fmt.Sprintf(`document.querySelector("#traps").textContent.includes(%q)`, hostile))
	b.click(`[data-row="lab lo"] a`)
	b.wait(`location.search === "?id=lab" && document.querySelectorAll(".chart canvas").length >= 3`)
	b.press("g")
	b.press("d")
	b.sees(`[data-row="POST flush"] .ok`)
	b.wait(fmt.Sprintf(`document.querySelector("[data-row=counters] code").textContent.includes(%q)`, hostile))
	b.sees(`[aria-label="Archive plan"] [data-row=standard]`)
	b.wait(fmt.Sprintf(`document.querySelector("[data-section=traps]").textContent.includes(%q)`, traps))
	b.misses("#broken, body[data-broken], main img")
	for _, path := range []string{"/admin", "/network", "/network?id=" + url.QueryEscape("lab")} {
		b.open(s.url + path)
		b.sees("body[data-ready] section")
		for _, width := range []int{360, 1280} {
			b.size(width, 900, width == 360)
			b.wait(`document.documentElement.scrollWidth <= document.documentElement.clientWidth`)
		}
	}
	b.quiet()
}
