package snmp

import (
	"testing"

	"github.com/gosnmp/gosnmp"
)

func message(t testing.TB, version gosnmp.SnmpVersion, id uint32) []byte {
	g := &gosnmp.GoSNMP{Version: version, Community: "public"}
	if version == gosnmp.Version3 {
		g.SecurityModel, g.MsgFlags = gosnmp.UserSecurityModel, gosnmp.Reportable
		g.SecurityParameters = &gosnmp.UsmSecurityParameters{UserName: "me", AuthoritativeEngineID: "12345"}
	}
	p := g.MkSnmpPacket(gosnmp.GetRequest, []gosnmp.SnmpPDU{{Name: "1.3.6.1.2.1.1.3.0", Type: gosnmp.Null}}, 0, 0)
	p.RequestID, p.MsgID = id, id
	b, err := p.MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestID(t *testing.T) {
	for _, v := range []gosnmp.SnmpVersion{gosnmp.Version1, gosnmp.Version2c, gosnmp.Version3} {
		for _, want := range []uint32{0, 1, 127, 128, 255, 256, 1 << 24, 1<<31 - 1} {
			if got, ok := id(message(t, v, want)); got != want || !ok {
				t.Errorf("version %s: id %d, %v; want %d", v, got, ok, want)
			}
		}
	}
	for _, bad := range []string{"", "0", "\x30\x80", "\x30\x84\xff\xff\xff\xff\x02", "GET / HTTP/1.1"} {
		if got, ok := id([]byte(bad)); ok {
			t.Errorf("%q has the id %d", bad, got)
		}
	}
}

func FuzzID(f *testing.F) {
	for _, v := range []gosnmp.SnmpVersion{gosnmp.Version1, gosnmp.Version2c, gosnmp.Version3} {
		f.Add(message(f, v, 4711))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := id(b)
		if !ok && n != 0 {
			t.Errorf("no id, and yet %d", n)
		}
	})
}
