package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// netdev is one device of /proc/net/dev.
type netdev struct {
	name   string
	values [len(netdevColumns)]float64
}

// netdevColumns are the columns of /proc/net/dev, received and then sent.
var netdevColumns = [16]struct{ name, help string }{
	{"node_network_receive_bytes_total", "Bytes received."},
	{"node_network_receive_packets_total", "Packets received."},
	{"node_network_receive_errs_total", "Packets received damaged."},
	{"node_network_receive_drop_total", "Packets received and dropped."},
	{"node_network_receive_fifo_total", "Packets lost because the device's queue was full."},
	{"node_network_receive_frame_total", "Packets received with a wrong frame."},
	{"node_network_receive_compressed_total", "Compressed packets received."},
	{"node_network_receive_multicast_total", "Multicast packets received."},
	{"node_network_transmit_bytes_total", "Bytes sent."},
	{"node_network_transmit_packets_total", "Packets sent."},
	{"node_network_transmit_errs_total", "Packets that could not be sent."},
	{"node_network_transmit_drop_total", "Packets dropped instead of sent."},
	{"node_network_transmit_fifo_total", "Packets not sent because the device's queue was full."},
	{"node_network_transmit_colls_total", "Collisions."},
	{"node_network_transmit_carrier_total", "Packets not sent because the carrier was lost."},
	{"node_network_transmit_compressed_total", "Compressed packets sent."},
}

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
		out = append(out, netdev{name, [len(netdevColumns)]float64(v)})
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
			b.Counter(c.name, d.values[i], "device", d.name)
		}
	}
	return err
}

// devices are files of /sys/class/net/DEVICE that hold a number and hardly
// change (kernel: ABI/testing/sysfs-class-net).
var devices = []batch.Field{
	{Key: "carrier_changes", Kind: metric.Counter, Name: "node_network_carrier_changes_total", Help: "Times that the link came or went."},
	{Key: "carrier_up_count", Kind: metric.Counter, Name: "node_network_carrier_up_changes_total", Help: "Times that the link came."},
	{Key: "carrier_down_count", Kind: metric.Counter, Name: "node_network_carrier_down_changes_total", Help: "Times that the link went."},
	{Key: "mtu", Name: "node_network_mtu_bytes", Help: "Largest packet that the device sends."},
	{Key: "tx_queue_len", Name: "node_network_transmit_queue_length", Help: "Packets that can wait to be sent."},
	{Key: "type", Name: "node_network_protocol_type", Help: "Kind of the device, as ARPHRD_ constants have it."},
	{Key: "flags", Name: "node_network_flags", Help: "Flags of the device, as IFF_ constants have them."},
	{Key: "ifindex", Name: "node_network_iface_id", Help: "Number of the device."},
	{Key: "iflink", Name: "node_network_iface_link", Help: "Number of the device that this one stands on."},
	{Key: "speed", Name: "node_network_speed_bytes", Scale: 1e6 / 8, Help: "Speed of the device in bytes per second."},
}

// eachDevice calls do with each network device: its name and its directory
// below /sys.
func (a *Agent) eachDevice(do func(name, dir string)) error {
	entries, err := os.ReadDir(filepath.Join(a.cfg.Sys, "class/net"))
	if err != nil {
		return err
	}
	measured := 0
	for _, e := range entries {
		if e.Type().IsRegular() || a.skipNet(e.Name()) {
			continue // bonding_masters is a file
		}
		if measured++; measured > a.cfg.MaxDevices {
			return errTooMany
		}
		do(e.Name(), "class/net/"+e.Name())
	}
	return nil
}

// netclass measures whether each device is up and has a link.
func (a *Agent) netclass(_ context.Context, b *batch.Batch) error {
	return a.eachDevice(func(name, dir string) {
		b.Flag("node_network_up", a.word(dir+"/operstate") == "up", "device", name)
		if carrier, is := a.number(dir + "/carrier"); is { // EINVAL while the device is off
			b.Gauge("node_network_carrier", carrier, "device", name)
		}
	})
}

// netnames tells what each device is.
func (a *Agent) netnames(_ context.Context, b *batch.Batch) error {
	return a.eachDevice(func(name, dir string) {
		b.Gauge("node_network_info", 1, "device", name, "address", a.word(dir+"/address"),
			"broadcast", a.word(dir+"/broadcast"), "duplex", a.word(dir+"/duplex"),
			"operstate", a.word(dir+"/operstate"), "ifalias", a.word(dir+"/ifalias"),
			"adminstate", a.adminState(dir))
		for _, f := range devices {
			v, err := strconv.ParseInt(a.word(dir+"/"+f.Key), 0, 64) // flags are hexadecimal
			if err != nil || f.Key == "speed" && v <= 0 {
				continue // EINVAL, or -1: the device has no speed
			}
			b.Add(f.Kind, f.Name, float64(v)*max(f.Scale, 1), "device", name)
		}
	})
}

// adminState says whether people set the device up: the bit IFF_UP.
func (a *Agent) adminState(dir string) string {
	flags, err := strconv.ParseInt(a.word(dir+"/flags"), 0, 64)
	switch {
	case err != nil:
		return "unknown"
	case flags&unix.IFF_UP != 0:
		return "up"
	}
	return "down"
}
