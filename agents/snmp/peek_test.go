package snmp

import (
	"testing"
	"time"

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

// FuzzAnswer: whatever a device answers, a walk and a get end, and give nothing
// that was not asked for.
func FuzzAnswer(f *testing.F) {
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	for _, vars := range [][]gosnmp.SnmpPDU{
		{ticks(17), str(ifXEntry+".1.1", "eth0"), c64(ifXEntry+".6.1", 1<<40), str(ifXEntry+".1.2", "eth1"), c64(ifXEntry+".6.2", 5)},
		{ticks(17), integer(ifXEntry+".2.1", 5)},
		{{Name: "1.3.6.1.2.1.1.3.0", Type: gosnmp.EndOfMibView}},
	} {
		b, err := g.MkSnmpPacket(gosnmp.GetResponse, vars, 0, 0).MarshalMsg()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(g, b)
		if err != nil {
			return
		}
		a := answer{vars: p.Variables, err: p.Error, index: int(p.ErrorIndex) - 1, asked: noon, came: noon}
		objects := []object{{number: ifXEntry + ".1"}, {number: ifXEntry + ".6"}}
		s := &session{access: &access{uptime: sysUpTime}}
		w := &walk{session: s, tuning: &tuning{repetitions: 2}, clock: &clock{}, found: func(i int, index string, v value, _ time.Time) {
			if index == "" || v.class == ended {
				t.Errorf("column %d: index %q of class %s", i, index, v.class)
			}
		}}
		for _, o := range objects {
			w.columns = append(w.columns, column{number: o.number, next: o.number})
		}
		if a.err == gosnmp.NoError {
			_ = w.take(a, []int{0, 1}, 2)
		} else {
			_ = w.refused(a, []int{0, 1}, 2)
		}
		for _, o := range s.give(a, objects, &clock{}, func(object, value, time.Time) {}) {
			if o != objects[0] && o != objects[1] {
				t.Errorf("%v was not asked for", o)
			}
		}
	})
}
