package ganglia

import (
	"fmt"
	"testing"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/internal/metric"
)

// BenchmarkDatagram is what a value costs, from bytes to the outbox, and
// BenchmarkOverLimit one of a sender with too many.
func BenchmarkDatagram(b *testing.B) { benchmarkDatagrams(b, 1<<30) }

func BenchmarkOverLimit(b *testing.B) { benchmarkDatagrams(b, 1) }

func benchmarkDatagrams(b *testing.B, rate int) {
	c := Default()
	c.Listen, c.XML, c.Interactive, c.MaxPacketsPerSecond = "", "", "", rate
	c.SinkFor = func(string) metric.Sink { return nil }
	g, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	g.resolver.names[web] = &nameEntry{name: "web1", asked: true}
	var packets [][]byte
	for i := range 40 {
		name := fmt.Sprintf("metric_%d", i)
		g.datagram(xdr.Append(nil, *meta(name, "float", xdr.Both)), web, g.config.Now())
		packets = append(packets, xdr.Append(nil, xdr.Packet{ID: xdr.Float, Host: "vm", Name: name, Format: "%.1f", Value: xdr.Value{Number: 33.4}}))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.datagram(packets[i%len(packets)], web, g.config.Now())
	}
}
