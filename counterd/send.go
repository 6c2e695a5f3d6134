package counterd

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"time"
)

// sendSize is the greatest datagram that Send packs lines into: it fits an
// Ethernet frame (statsd/statsd docs/metric_types.md, "Multi-Metric Packets").
const sendSize = 1432

// Send sends lines to a counter daemon at addr by UDP, several in a datagram. A
// nil error means that they were sent, not that anybody received them.
func Send(ctx context.Context, addr string, lines []string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", addr)
	if err != nil {
		return fmt.Errorf("send to %s: %w", addr, err)
	}
	defer conn.Close()
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return fmt.Errorf("send to %s: %w", addr, err)
	}
	var packet bytes.Buffer
	flush := func() error {
		if packet.Len() == 0 {
			return nil
		}
		defer packet.Reset()
		if _, err := conn.Write(packet.Bytes()); err != nil {
			return fmt.Errorf("send to %s: %w", addr, err)
		}
		return ctx.Err()
	}
	for _, l := range lines {
		if packet.Len()+len(l)+1 > sendSize {
			if err := flush(); err != nil {
				return err
			}
		}
		packet.WriteString(l)
		packet.WriteByte('\n')
	}
	return flush()
}
