package listen

import (
	"net/netip"
	"testing"
	"time"

	"plimsoll/counterd/line"
)

func TestDatagramsAllocateNothing(t *testing.T) {
	from := netip.MustParseAddrPort("10.1.2.3:4567")
	allow, err := parseAllow([]string{"192.168.0.0/16", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	v := newTestVerifier(t, func(c *Config) { c.RequireSigned = false })
	n := 0
	b := batch{
		gate:  &gate{allow: allow, verifier: v, signing: true, now: time.Now},
		count: &counters{}, now: noon, pending: make([]Datagram, 0, takeSize),
		take: func(d []Datagram) { n += len(d) },
	}
	data := []byte("hits:1|c\nhits:1|c\nhits:1|c\n")
	got := testing.AllocsPerRun(1000, func() {
		b.add(data, 0, from, false)
		b.add(data, 9, from, false)
		b.flush()
	})
	if got != 0 || n != 4*1001 {
		t.Errorf("%g allocations, %d datagrams", got, n)
	}
	signed := Sign(testKey, noon, "n", data)
	v.check(signed, noon)
	got = testing.AllocsPerRun(1000, func() {
		if _, why := v.check(signed, noon); why != line.BadReplay {
			t.Error(why)
		}
	})
	if got != 0 {
		t.Errorf("%g allocations for a signature", got)
	}
}

// BenchmarkSignature is the cost of a signed datagram of 1,400 bytes.
func BenchmarkSignature(b *testing.B) {
	c := Default("127.0.0.1:0")
	c.Keys = []Key{testKey}
	v, err := newVerifier(c)
	if err != nil {
		b.Fatal(err)
	}
	signed := Sign(testKey, noon, "n", make([]byte, 1400))
	for b.Loop() {
		v.check(signed, noon)
	}
}
