package host

import (
	"context"
	"errors"
	"fmt"

	"plimsoll/agents/batch"
)

// sectorBytes is the unit of sectors in /proc/diskstats, whatever the disk's own
// sectors are (kernel: admin-guide/iostats.rst).
const sectorBytes = 512

// diskColumns are the columns of /proc/diskstats from the fourth on, with what
// makes their unit that of the series.
var diskColumns = [...]struct {
	name  string
	scale float64
}{
	{"node_disk_reads_completed_total", 1},
	{"node_disk_reads_merged_total", 1},
	{"node_disk_read_bytes_total", sectorBytes},
	{"node_disk_read_time_seconds_total", 1e-3},
	{"node_disk_writes_completed_total", 1},
	{"node_disk_writes_merged_total", 1},
	{"node_disk_written_bytes_total", sectorBytes},
	{"node_disk_write_time_seconds_total", 1e-3},
	{"node_disk_io_now", 1},
	{"node_disk_io_time_seconds_total", 1e-3},
	{"node_disk_io_time_weighted_seconds_total", 1e-3},
	// From Linux 4.18 and 5.5 on; without them the line is shorter.
	{"node_disk_discards_completed_total", 1},
	{"node_disk_discards_merged_total", 1},
	{"node_disk_discarded_sectors_total", 1},
	{"node_disk_discard_time_seconds_total", 1e-3},
	{"node_disk_flush_requests_total", 1},
	{"node_disk_flush_requests_time_seconds_total", 1e-3},
}

// oldColumns is how many columns every kernel has.
const oldColumns = 11

// errTooMany says that what exceeds Config.MaxDevices was left out.
var errTooMany = errors.New("more than max_devices, the rest is left out")

// disk is one line of /proc/diskstats.
type disk struct {
	major, minor, name string
	columns            []float64 // as many of diskColumns as the kernel has
}

func parseDiskstats(data []byte, skip func(string) bool) ([]disk, error) {
	var out []disk
	for f := range fields(data) {
		if len(f) < 3+oldColumns {
			return out, fmt.Errorf("line %q is short", f)
		}
		if skip(f[2]) {
			continue
		}
		values, err := numbers(f[3:min(len(f), 3+len(diskColumns))])
		if err != nil {
			return out, fmt.Errorf("disk %s: %w", f[2], err)
		}
		out = append(out, disk{f[0], f[1], f[2], values})
	}
	return out, nil
}

func (a *Agent) disks(_ context.Context, b *batch.Batch) error {
	data, err := a.read("diskstats")
	if err != nil {
		return err
	}
	disks, err := parseDiskstats(data, a.skipDisk)
	if len(disks) > a.cfg.MaxDevices {
		disks, err = disks[:a.cfg.MaxDevices], errors.Join(err, errTooMany)
	}
	for _, d := range disks {
		for i, c := range diskColumns[:len(d.columns)] {
			if c.name == "node_disk_io_now" {
				b.Gauge(c.name, d.columns[i], "device", d.name)
			} else {
				b.Counter(c.name, d.columns[i]*c.scale, "device", d.name)
			}
		}
	}
	return err
}
