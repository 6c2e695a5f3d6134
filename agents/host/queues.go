package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"plimsoll/agents/batch"
)

// udpQueues adds up what waits in the queues of UDP sockets.
func (a *Agent) udpQueues(_ context.Context, b *batch.Batch) error {
	for file, ip := range map[string]string{"net/udp": "v4", "net/udp6": "v6"} {
		data, err := a.read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return err
		}
		sent, received, err := parseQueues(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		b.Gauge("node_udp_queues", sent, "queue", "tx", "ip", ip)
		b.Gauge("node_udp_queues", received, "queue", "rx", "ip", ip)
	}
	return nil
}

// parseQueues adds up the column tx_queue:rx_queue, in hexadecimal bytes
// (proc_net(5)), after a heading.
func parseQueues(data []byte) (sent, received float64, err error) {
	heading := true
	for f := range fields(data) {
		if heading {
			heading = false
			continue
		}
		if len(f) < 5 {
			return 0, 0, fmt.Errorf("line %q is short", f)
		}
		tx, rx, is := strings.Cut(f[4], ":")
		if !is {
			return 0, 0, fmt.Errorf("%q is not tx:rx", f[4])
		}
		t, err := hexadecimal(tx)
		if err != nil {
			return 0, 0, err
		}
		r, err := hexadecimal(rx)
		if err != nil {
			return 0, 0, err
		}
		sent, received = sent+float64(t), received+float64(r)
	}
	return sent, received, nil
}
