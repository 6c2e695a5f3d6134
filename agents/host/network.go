package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"plimsoll/agents/batch"
)

// netdev is one device of /proc/net/dev.
type netdev struct {
	name              string
	receive, transmit [4]float64 // as netdevColumns
}

// netdevColumns are the first columns of each half of /proc/net/dev.
var netdevColumns = [4]string{"bytes", "packets", "errs", "drop"}

// parseNetdev reads the lines after the two of the heading; a name ends with a
// colon, which the first number may follow without a space.
func parseNetdev(data []byte, skip func(string) bool) ([]netdev, error) {
	var out []netdev
	for line := range strings.Lines(string(data)) {
		name, rest, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || skip(name) {
			continue
		}
		f := strings.Fields(rest)
		if len(f) < 16 {
			return out, fmt.Errorf("device %s has %d columns, not 16", name, len(f))
		}
		v, err := numbers(f)
		if err != nil {
			return out, fmt.Errorf("device %s: %w", name, err)
		}
		out = append(out, netdev{name, [4]float64(v[0:4]), [4]float64(v[8:12])})
	}
	return out, nil
}

func (a *Agent) network(_ context.Context, b *batch.Batch) error {
	data, err := a.read("net/dev")
	if err != nil {
		return err
	}
	devices, err := parseNetdev(data, a.skipNet)
	if len(devices) > a.cfg.MaxDevices {
		devices, err = devices[:a.cfg.MaxDevices], errors.Join(err, errTooMany)
	}
	for _, d := range devices {
		for i, c := range netdevColumns {
			b.Counter("node_network_receive_"+c+"_total", d.receive[i], "device", d.name)
			b.Counter("node_network_transmit_"+c+"_total", d.transmit[i], "device", d.name)
		}
	}
	return err
}

// netclass reads whether each device is up, and its speed where it has one.
func (a *Agent) netclass(_ context.Context, b *batch.Batch) error {
	dir := filepath.Join(a.cfg.Sys, "class/net")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	measured := 0
	for _, e := range entries {
		state, err := os.ReadFile(filepath.Join(dir, e.Name(), "operstate"))
		if err != nil || a.skipNet(e.Name()) {
			continue // gone meanwhile, or not a device: bonding_masters
		}
		if measured++; measured > a.cfg.MaxDevices {
			return errTooMany
		}
		up := 0.0
		if string(bytes.TrimSpace(state)) == "up" {
			up = 1
		}
		b.Gauge("node_network_up", up, "device", e.Name())
		speed, err := os.ReadFile(filepath.Join(dir, e.Name(), "speed"))
		if err != nil {
			continue // EINVAL: the device has no speed
		}
		if mbits, err := number(string(bytes.TrimSpace(speed))); err == nil && mbits > 0 {
			b.Gauge("node_network_speed_bytes", mbits*1e6/8, "device", e.Name())
		}
	}
	return nil
}
