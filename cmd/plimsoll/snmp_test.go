package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/app"
	"plimsoll/internal/snmpsim"
)

// TestDiscoveredDevicesAreAConfiguration whatever a device says of itself.
func TestDiscoveredDevicesAreAConfiguration(t *testing.T) {
	a, err := snmpsim.New("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); a.Run() }()
	defer func() { a.Close(); <-done }()
	a.Set(
		gosnmp.SnmpPDU{Name: "1.3.6.1.2.1.1.5.0", Type: gosnmp.OctetString, Value: `"}, evil: [` + "\n# x"},
		gosnmp.SnmpPDU{Name: "1.3.6.1.2.1.1.1.0", Type: gosnmp.OctetString, Value: "a\nstorage:\n  kind: none"},
	)
	secret := filepath.Join(t.TempDir(), "community")
	if err := os.WriteFile(secret, []byte("farm\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	port := strings.TrimPrefix(a.Addr(), "127.0.0.1:")
	var out, errs bytes.Buffer
	e := env{t.Context(), &out, &errs}
	if code := run(e, []string{"snmp", "discover", "-port", port, "-community-file", secret, "127.0.0.1/32"}); code != exitGood {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	file := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.Check(file)
	if err != nil || len(c.SNMP.Devices) != 1 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	d := c.SNMP.Devices[0]
	if netip.MustParseAddrPort(d.Address).String() != a.Addr() || !strings.HasPrefix(d.Name, `"}, evil`) || d.CommunityFile != secret {
		t.Errorf("%+v", d)
	}
	for _, args := range [][]string{{"snmp", "discover"}, {"snmp", "discover", "10.0.0.1"}, {"snmp", "discover", "-port", "0", "10.0.0.0/24"}, {"snmp", "walk"}, {"snmp", "get", "x"}} {
		if code := run(e, args); code != exitWrongUse {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
	out.Reset()
	if code := run(e, []string{"snmp", "get", a.Addr(), "sysDescr.0"}); code != exitGood || out.String() != "1.3.6.1.2.1.1.1.0 sysDescr.0 = text: a\\nstorage:\\n  kind: none\n" {
		t.Errorf("exit code %d: %q", code, out.String())
	}
}
