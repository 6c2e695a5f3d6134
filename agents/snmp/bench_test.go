package snmp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/metric"
)

// BenchmarkPoll polls a device with 30 counters.
func BenchmarkPoll(b *testing.B) {
	a := agent(b, nil)
	a.Set(ticks(1))
	d := Device{Address: a.Addr()}
	for i := range 30 {
		number := fmt.Sprintf("1.3.6.1.4.1.32473.1.%d.0", i)
		a.Set(gosnmp.SnmpPDU{Name: number, Type: gosnmp.Counter64, Value: uint64(i)})
		d.OIDs = append(d.OIDs, OID{OID: number, Metric: fmt.Sprint("object_", i)})
	}
	c := Default()
	c.Devices, c.SinkFor = []Device{d}, func(string) metric.Sink { return &sink{fail: context.Canceled} }
	p, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); p.exchange.run() }()
	b.Cleanup(func() { p.exchange.socket.Close(); <-done })
	b.ReportAllocs()
	for b.Loop() {
		if r := p.devices[0].poll(b.Context(), p.exchange, time.Now(), 0); r.err != nil {
			b.Fatal(r.err)
		}
	}
}
