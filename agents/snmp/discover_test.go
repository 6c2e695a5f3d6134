package snmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/snmpsim"
)

// farm starts agents at addresses of one network, at one port.
func farm(t *testing.T, hosts ...int) (agents []*snmpsim.Agent, port uint16) {
	t.Helper()
	for _, h := range hosts {
		a, err := snmpsim.New(fmt.Sprintf("127.0.77.%d:%d", h, port))
		if err != nil {
			t.Fatal(err)
		}
		port = netip.MustParseAddrPort(a.Addr()).Port()
		done := make(chan struct{})
		go func() { defer close(done); a.Run() }()
		t.Cleanup(func() { a.Close(); <-done })
		agents = append(agents, a)
	}
	return agents, port
}

func oid(number, v string) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.ObjectIdentifier, Value: v}
}

func TestDiscover(t *testing.T) {
	for _, version := range []Version{"1", "2c"} {
		agents, number := farm(t, 0, 2, 5, 6)
		agents[0].Set(ticks(1)) // the network's own address: not asked
		agents[1].Set(ticks(1), oid("1.3.6.1.2.1.1.2.0", "1.3.6.1.4.1.9.1.1208"), str("1.3.6.1.2.1.1.1.0", "Cisco IOS\r\nSoftware"), str("1.3.6.1.2.1.1.5.0", "core"))
		agents[1].Set(port(1, "eth", 1)...)
		agents[2].Set(ticks(1), str("1.3.6.1.2.1.1.5.0", "core"), integer("1.3.6.1.2.1.25.1.6.0", 3), gosnmp.SnmpPDU{Name: "1.3.6.1.2.1.25.1.1.0", Type: gosnmp.TimeTicks, Value: uint32(5)}, integer("1.3.6.1.4.1.2021.4.5.0", 8))
		agents[3].Set(oid("1.3.6.1.2.1.1.2.0", "1.3.6.1.4.1.3495.1"), integer("1.3.6.1.4.1.3495.1.1.1.0", 8))
		at := func(h int) string { return fmt.Sprintf("127.0.77.%d:%d", h, number) }
		found, asked, err := Discover(t.Context(), Search{
			Network: netip.MustParsePrefix("127.0.77.3/29"), Port: number, Access: Device{Version: version}, Rate: 1000, Timeout: 3 * time.Second,
		})
		want := []Proposal{
			{Address: at(2), Name: at(2), ObjectID: "1.3.6.1.4.1.9.1.1208", Vendor: "Cisco", Descr: "Cisco IOS Software", Modules: []string{"if_mib", "system"}},
			{Address: at(5), Name: at(5), Modules: []string{"host_resources", "system", "ucd"}},
			{Address: at(6), Name: at(6), ObjectID: "1.3.6.1.4.1.3495.1", Vendor: "Squid", Modules: []string{"squid"}},
		}
		if diff := cmp.Diff(want, found); diff != "" || err != nil || asked != 6 {
			t.Errorf("version %s: %d asked, %v\n%s", version, asked, err, diff)
		}
	}
}

func TestDiscoverGivesUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, asked, err := Discover(ctx, Search{Network: netip.MustParsePrefix("127.0.78.0/24"), Port: 9, Rate: 100, Timeout: time.Hour})
	if !errors.Is(err, context.DeadlineExceeded) || asked > 10 {
		t.Errorf("%d asked, %v", asked, err)
	}
	for _, s := range []Search{
		{Network: netip.MustParsePrefix("10.0.0.0/15"), Rate: 1},
		{Network: netip.MustParsePrefix("10.0.0.0/24")},
		{Network: netip.MustParsePrefix("10.0.0.0/24"), Rate: 1, Access: Device{Version: "3"}},
		{},
	} {
		if _, asked, err := Discover(t.Context(), s); err == nil || asked > 0 {
			t.Errorf("%+v: %d asked, %v", s, asked, err)
		}
	}
}

func TestClient(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(100), str("1.3.6.1.2.1.1.5.0", "core"), c64(ifXEntry+".6.3", 1<<63), c32("1.3.6.1.4.1.99999.1.0", 7))
	c, err := NewClient(Device{Address: a.Addr()}, time.Second, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := c.Get(t.Context(), []string{"sysName.0", "1.3.6.1.4.1.99999.1.0", "ifHCInOctets.4"})
	want := []Instance{
		{"1.3.6.1.2.1.1.5.0", "sysName.0", "text", "core"},
		{"1.3.6.1.4.1.99999.1.0", "1.3.6.1.4.1.99999.1.0", "counter32", "7"},
		{ifXEntry + ".6.4", "ifHCInOctets.4", "no such instance", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for root, want := range map[string]int{"1.3": 4, "ifHCInOctets": 1, "sysName.0": 1, "ifName": 0} {
		n := 0
		if err := c.Walk(t.Context(), root, func(Instance) { n++ }); err != nil || n != want {
			t.Errorf("%s: %d instances, %v", root, n, err)
		}
	}
	if _, err := c.Get(t.Context(), []string{"noSuchName"}); err == nil {
		t.Error("an unknown name was asked for")
	}
}
