package check

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"plimsoll/internal/metric"
)

// zone is what the responder of a test knows.
func zone(t *testing.T) map[string][]dnsmessage.ResourceBody {
	name := dnsmessage.MustNewName
	long := make([]dnsmessage.ResourceBody, 60)
	for i := range long {
		long[i] = &dnsmessage.AResource{A: [4]byte{10, 0, 0, byte(i)}}
	}
	t.Helper()
	return map[string][]dnsmessage.ResourceBody{
		"A www.example.":             {&dnsmessage.AResource{A: [4]byte{10, 0, 0, 1}}, &dnsmessage.AResource{A: [4]byte{10, 0, 0, 2}}},
		"AAAA www.example.":          {&dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}},
		"MX example.":                {&dnsmessage.MXResource{Pref: 10, MX: name("Mail.example.")}},
		"NS example.":                {&dnsmessage.NSResource{NS: name("ns.example.")}},
		"TXT example.":               {&dnsmessage.TXTResource{TXT: []string{"v=spf1 ", "-all"}}},
		"SRV _x._tcp.example.":       {&dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 3, Target: name("a.example.")}},
		"SOA example.":               {&dnsmessage.SOAResource{NS: name("ns.example."), MBox: name("root.example."), Serial: 7, Refresh: 1, Retry: 2, Expire: 3, MinTTL: 4}},
		"PTR 1.0.0.10.in-addr.arpa.": {&dnsmessage.PTRResource{PTR: name("www.example.")}},
		"A long.example.":            long,
	}
}

// honest answers a question as an honest server of the zone does.
func honest(t *testing.T, asked []byte, tcp bool) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(asked); err != nil {
		t.Error(err)
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative = true, q.Name.String() != "other.example."
	for key, bodies := range zone(t) {
		if key != strings.TrimPrefix(q.Type.String(), "Type")+" "+q.Name.String() {
			continue
		}
		for _, b := range bodies {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: b})
		}
	}
	if strings.HasPrefix(q.Name.String(), "none.") {
		m.RCode = dnsmessage.RCodeNameError
	}
	packed, err := m.Pack()
	if err == nil && len(packed) > 512 && !tcp {
		m.Truncated, m.Answers = true, nil
		packed, err = m.Pack()
	}
	if err != nil {
		t.Error(err)
	}
	return packed
}

// responder answers on one port over UDP, as a function does, and over TCP.
func responder(t *testing.T, udp func(asked []byte) [][]byte, tcp func(net.Conn)) string {
	t.Helper()
	for range 20 { // until a port is free for both
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			l.Close()
			continue
		}
		t.Cleanup(func() { l.Close(); p.Close() })
		go func() { // ends when p is closed
			buf := make([]byte, 2048)
			for {
				n, from, err := p.ReadFrom(buf)
				if err != nil {
					return
				}
				for _, b := range udp(append([]byte(nil), buf[:n]...)) {
					_, _ = p.WriteTo(b, from)
				}
			}
		}()
		go func() { // ends when l is closed
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				tcp(c)
				c.Close()
			}
		}()
		return l.Addr().String()
	}
	t.Fatal("no port is free for UDP and TCP")
	return ""
}

func honestTCP(t *testing.T) func(net.Conn) {
	return func(c net.Conn) {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		asked := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, asked); err != nil {
			return
		}
		b := honest(t, asked, true)
		_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	}
}

func TestDNS(t *testing.T) {
	server := responder(t, func(asked []byte) [][]byte { return [][]byte{honest(t, asked, false)} }, honestTCP(t))
	for _, tt := range []struct {
		d    DNS
		is   metric.Severity
		says string
	}{
		{DNS{Name: "www.example"}, metric.OK, "NOERROR 10.0.0.1, 10.0.0.2"},
		{DNS{Name: "WWW.example."}, metric.Critical, "there are no records A"}, // the zone knows small letters alone
		{DNS{Name: "www.example", Transport: "tcp"}, metric.OK, "NOERROR 10.0.0.1, 10.0.0.2"},
		{DNS{Name: "www.example", Answers: []string{"10.0.0.2"}}, metric.OK, "NOERROR"},
		{DNS{Name: "www.example", Answers: []string{"10.0.0.2"}, Only: true}, metric.Critical, "10.0.0.1 is not expected"},
		{DNS{Name: "www.example", Answers: []string{"10.0.0.9"}}, metric.Critical, "10.0.0.9 is not among them"},
		{DNS{Name: "www.example", Type: "AAAA", Answers: []string{"2001:DB8:0::1"}, Only: true}, metric.OK, "2001:db8::1"},
		{DNS{Name: "example", Type: "MX", Answers: []string{"10 mail.example."}, Only: true}, metric.OK, "10 mail.example"},
		{DNS{Name: "example", Type: "NS", Answers: []string{"ns.example"}}, metric.OK, "ns.example"},
		{DNS{Name: "example", Type: "TXT", Answers: []string{`"v=spf1 -all"`}}, metric.OK, "v=spf1 -all"},
		{DNS{Name: "example", Type: "SOA", Answers: []string{"ns.example. root.example. 7 1 2 3 4"}}, metric.OK, "NOERROR"},
		{DNS{Name: "_x._tcp.example", Type: "SRV", Answers: []string{"1 2 3 a.example."}}, metric.OK, "NOERROR"},
		{DNS{Name: "1.0.0.10.in-addr.arpa", Type: "PTR", Answers: []string{"www.example"}}, metric.OK, "NOERROR"},
		{DNS{Name: "none.example"}, metric.Critical, "NXDOMAIN: expected is NOERROR"},
		{DNS{Name: "none.example", Rcode: "NXDOMAIN", Authoritative: true}, metric.OK, "NXDOMAIN"},
		{DNS{Name: "www.example", Rcode: "NXDOMAIN"}, metric.Critical, "expected is NXDOMAIN"},
		{DNS{Name: "other.example", Type: "NS", Authoritative: true}, metric.Critical, "not authoritative"},
		{DNS{Name: "long.example", Answers: []string{"10.0.0.59"}}, metric.OK, "NOERROR 10.0.0.0"},
		{DNS{Name: "www.example", ResponseTime: Limits[time.Duration]{Warn: 1}}, metric.Warning, "is a warning"},
	} {
		tt.d.Server = server
		want(t, fmt.Sprintf("%+v", tt.d), probe(t, Config{DNS: &tt.d}), tt.is, tt.says)
	}
	got := probe(t, Config{DNS: &DNS{Server: server, Name: "long.example"}})
	if measured(got, "probe_dns_answer_rrs") != 60 || measured(got, "probe_dns_duration_seconds") <= 0 {
		t.Errorf("measured %+v", got.Perf)
	}
}

// A packet that is lost is sent again; what answers another question, or none,
// is passed over.
func TestDNSOfLiarsAndLoss(t *testing.T) {
	var n atomic.Int32
	forge := func(asked []byte, change func(*dnsmessage.Message)) []byte {
		var m dnsmessage.Message
		_ = m.Unpack(asked)
		m.Response = true
		change(&m)
		b, _ := m.Pack()
		return b
	}
	silent := func(net.Conn) {}
	lossy := responder(t, func(asked []byte) [][]byte {
		if n.Add(1) == 1 {
			return nil
		}
		return [][]byte{
			[]byte("garbage"), asked,
			forge(asked, func(m *dnsmessage.Message) { m.ID++ }),
			forge(asked, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("evil.") }),
			forge(asked, func(m *dnsmessage.Message) { m.Questions = nil }),
			honest(t, asked, false),
		}
	}, silent)
	want(t, "lossy", probe(t, Config{DNS: &DNS{Server: lossy, Name: "www.example", Timeout: 600 * time.Millisecond}}), metric.OK, "10.0.0.1")

	garbage := responder(t, func([]byte) [][]byte { return [][]byte{{1, 2, 3}} }, silent)
	want(t, "garbage", probe(t, Config{DNS: &DNS{Server: garbage, Name: "www.example", Timeout: 60 * time.Millisecond}}), metric.Critical, "no answer within 60ms")

	cut := func(asked []byte) [][]byte {
		return [][]byte{forge(asked, func(m *dnsmessage.Message) { m.Truncated = true })}
	}
	for what, tcp := range map[string]func(net.Conn){
		"closed": silent,
		"short":  func(c net.Conn) { _, _ = c.Write([]byte{0xff, 0xff, 1, 2, 3}) },
		"reset":  func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 5)); reset(c) },
		"empty":  func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 5)); _, _ = c.Write([]byte{0, 0}) },
	} {
		got := probe(t, Config{DNS: &DNS{Server: responder(t, cut, tcp), Name: "www.example", Timeout: time.Second}})
		if got.State != metric.Critical || got.Summary == "" {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestDNSMistakes(t *testing.T) {
	err := Config{DNS: &DNS{Server: "a b:x", Type: "A6", Transport: "tls", Rcode: "OK", Only: true}}.WithDefaults().Validate("c")
	for _, want := range []string{"server: ", "name: ", `type: "A6"`, `transport: "tls"`, `rcode: "OK" is none of FORMERR`, "only: needs answers"} {
		if !contains(err, "c.dns."+want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
}

func FuzzDNSAnswer(f *testing.F) {
	d := &DNS{Name: "www.example", Type: "A"}
	d.setDefaults()
	asked, _ := d.question(7)
	packed, _ := asked.Pack()
	q := question{asked.Questions[0], 7, packed}
	f.Add(packed)
	asked.Response = true
	packed, _ = asked.Pack()
	f.Add(packed)
	f.Fuzz(func(_ *testing.T, data []byte) {
		if m, err := q.parse(data); err == nil {
			for name := range recordTypes() {
				d.Type = name
				_ = d.records(m)
			}
		}
	})
}
