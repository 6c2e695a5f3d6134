package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// singles are files of /proc that hold one number.
var singles = []batch.Field{
	{Key: "sys/kernel/random/entropy_avail", Name: "node_entropy_available_bits", Help: "Bits of entropy that the kernel has."},
	{Key: "sys/kernel/random/poolsize", Name: "node_entropy_pool_size_bits", Help: "Bits of entropy that the kernel's pool can hold."},
}

// conntracks are the same of the firewall's table of connections.
var conntracks = []batch.Field{
	{Key: "sys/net/netfilter/nf_conntrack_count", Name: "node_nf_conntrack_entries", Help: "Connections that the firewall tracks."},
	{Key: "sys/net/netfilter/nf_conntrack_max", Name: "node_nf_conntrack_entries_limit", Help: "Most connections that the firewall can track."},
}

// numbersIn returns a part that reads files of one number each.
func (a *Agent) numbersIn(files []batch.Field) measure {
	return func(_ context.Context, b *batch.Batch) error {
		for _, f := range files {
			data, err := a.read(f.Key)
			if err != nil {
				return err
			}
			v, err := number(strings.TrimSpace(string(data)))
			if err != nil {
				return fmt.Errorf("%s: %w", f.Key, err)
			}
			b.Gauge(f.Name, v)
		}
		return nil
	}
}

// conntrackStats are the columns of /proc/net/stat/nf_conntrack that are kept.
// node_exporter tells them as gauges; they count since the kernel's start.
var conntrackStats = []batch.Field{
	{Key: "found", Name: "node_nf_conntrack_stat_found", Help: "Entries of connections found on look-up."},
	{Key: "invalid", Name: "node_nf_conntrack_stat_invalid", Help: "Packets that could not be tracked."},
	{Key: "ignore", Name: "node_nf_conntrack_stat_ignore", Help: "Packets of connections already tracked."},
	{Key: "insert", Name: "node_nf_conntrack_stat_insert", Help: "Connections added to the table."},
	{Key: "insert_failed", Name: "node_nf_conntrack_stat_insert_failed", Help: "Connections that could not be added."},
	{Key: "drop", Name: "node_nf_conntrack_stat_drop", Help: "Packets dropped because a connection could not be tracked."},
	{Key: "early_drop", Name: "node_nf_conntrack_stat_early_drop", Help: "Connections dropped to make room in the table."},
	{Key: "search_restart", Name: "node_nf_conntrack_stat_search_restart", Help: "Look-ups begun again because the table was resized."},
}

// parseConntrackStat reads a heading and a line for each CPU, in hexadecimal,
// and adds the CPUs up.
func parseConntrackStat(data []byte, b *batch.Batch) error {
	var heading []string
	sum := map[string]float64{}
	for f := range fields(data) {
		if heading == nil {
			heading = f
			continue
		}
		for i, text := range f[:min(len(f), len(heading))] {
			v, err := strconv.ParseUint(text, 16, 64)
			if err != nil {
				return fmt.Errorf("column %s: %q is not a hexadecimal number", heading[i], text)
			}
			sum[heading[i]] += float64(v)
		}
	}
	for _, f := range conntrackStats {
		if v, is := sum[f.Key]; is {
			b.Gauge(f.Name, v)
		}
	}
	return nil
}

func (a *Agent) conntrack(ctx context.Context, b *batch.Batch) error {
	if err := a.numbersIn(conntracks)(ctx, b); err != nil {
		return err
	}
	err := a.file("net/stat/nf_conntrack", parseConntrackStat)(ctx, b)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // kernels without CONFIG_NF_CONNTRACK_PROCFS
	}
	return err
}

// softnets are columns of /proc/net/softnet_stat (kernel: net/core/net-procfs.c).
var softnets = []struct {
	column int
	batch.Field
}{
	{0, batch.Field{Kind: metric.Counter, Name: "node_softnet_processed_total", Help: "Packets that the CPU processed."}},
	{1, batch.Field{Kind: metric.Counter, Name: "node_softnet_dropped_total", Help: "Packets dropped because the CPU's queue was full."}},
	{2, batch.Field{Kind: metric.Counter, Name: "node_softnet_times_squeezed_total", Help: "Times that the CPU had to leave packets for the next round."}},
	{8, batch.Field{Kind: metric.Counter, Name: "node_softnet_cpu_collision_total", Help: "Times that two CPUs wanted to send on one device."}},
	{9, batch.Field{Kind: metric.Counter, Name: "node_softnet_received_rps_total", Help: "Times that another CPU woke the CPU to process packets."}},
	{10, batch.Field{Kind: metric.Counter, Name: "node_softnet_flow_limit_count_total", Help: "Packets dropped because one flow had too many."}},
	{11, batch.Field{Name: "node_softnet_backlog_len", Help: "Packets that wait for the CPU."}},
}

// parseSoftnet reads a line for each CPU, in hexadecimal; the thirteenth column
// is the CPU, the line's number on old kernels.
func parseSoftnet(data []byte, b *batch.Batch) error {
	line := 0
	for f := range fields(data) {
		cpu := uint64(line)
		line++
		for i, text := range f {
			v, err := hexadecimal(text)
			if err != nil {
				return err
			}
			if i == 12 {
				cpu = v
			}
		}
		for _, s := range softnets {
			if s.column < len(f) {
				v, _ := hexadecimal(f[s.column]) // was read above
				b.Add(s.Kind, s.Name, float64(v), "cpu", strconv.FormatUint(cpu, 10))
			}
		}
	}
	return nil
}

func hexadecimal(text string) (uint64, error) {
	v, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a hexadecimal number", text)
	}
	return v, nil
}

// parseARP counts the entries of /proc/net/arp by device, the last column.
func parseARP(data []byte, b *batch.Batch) error {
	entries, heading := map[string]float64{}, true
	for f := range fields(data) {
		if heading {
			heading = false
			continue
		}
		entries[f[len(f)-1]]++
	}
	for device, n := range entries {
		b.Gauge("node_arp_entries", n, "device", device)
	}
	return nil
}
