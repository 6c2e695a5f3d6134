package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
)

// md is one array of /proc/mdstat.
type md struct {
	name, state                     string
	active, failed, spare, required float64
	blocks, synced                  float64
}

var (
	mdBlocks = regexp.MustCompile(`^(\d+) blocks`)
	mdDisks  = regexp.MustCompile(`\[(\d+)/(\d+)\] \[[U_]+\]`)
	mdSync   = regexp.MustCompile(`(resync|recovery|reshape|check) ?= .*\((\d+)/\d+\)`)
)

// parseMdstat reads the arrays of software RAID (kernel: drivers/md/md.c):
//
//	md0 : active raid1 sdb1[1] sda1[0](F)
//	      1953512448 blocks super 1.2 [2/1] [_U]
//	      [=>...]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec
func parseMdstat(data []byte) []md {
	var out []md
	for line := range strings.Lines(string(data)) {
		name, rest, is := strings.Cut(line, " : ")
		if is && strings.HasPrefix(name, "md") && !strings.HasPrefix(line, " ") {
			out = append(out, mdHeading(name, strings.Fields(rest)))
			continue
		}
		if len(out) > 0 {
			out[len(out)-1].detail(strings.TrimSpace(line))
		}
	}
	return out
}

// mdHeading reads "active (read-only) raid1 sdb1[1] sda1[0](F)".
func mdHeading(name string, f []string) md {
	m := md{name: name, state: "inactive"}
	if len(f) > 0 {
		m.state = f[0]
	}
	for _, disk := range f {
		switch {
		case !strings.Contains(disk, "["):
		case strings.HasSuffix(disk, "(F)"):
			m.failed++
		case strings.HasSuffix(disk, "(S)"):
			m.spare++
		default:
			m.active++
		}
	}
	m.required = m.active
	return m
}

func (m *md) detail(line string) {
	if f := mdBlocks.FindStringSubmatch(line); f != nil {
		m.blocks, _ = strconv.ParseFloat(f[1], 64) // digits
		m.synced = m.blocks
	}
	if f := mdDisks.FindStringSubmatch(line); f != nil {
		m.required, _ = strconv.ParseFloat(f[1], 64)
		m.active, _ = strconv.ParseFloat(f[2], 64)
	}
	if f := mdSync.FindStringSubmatch(line); f != nil {
		m.synced, _ = strconv.ParseFloat(f[2], 64)
		switch m.state = f[1]; m.state {
		case "recovery", "reshape":
			m.state = "recovering"
		}
	}
}

func (a *Agent) mdadm(_ context.Context, b *batch.Batch) error {
	data, err := a.read("mdstat")
	if err != nil {
		return err
	}
	for _, m := range parseMdstat(data) {
		for state, n := range map[string]float64{"active": m.active, "failed": m.failed, "spare": m.spare} {
			b.Gauge("node_md_disks", n, "device", m.name, "state", state)
		}
		b.Gauge("node_md_disks_required", m.required, "device", m.name)
		b.Gauge("node_md_blocks", m.blocks, "device", m.name)
		b.Gauge("node_md_blocks_synced", m.synced, "device", m.name)
		for _, state := range []string{"active", "inactive", "recovering", "resync", "check"} {
			b.Flag("node_md_state", state == m.state, "device", m.name, "state", state)
		}
	}
	return nil
}

// bonding counts the devices of bonds, and those of them that are up.
func (a *Agent) bonding(_ context.Context, b *batch.Batch) error {
	masters, err := a.sys("class/net/bonding_masters")
	if err != nil {
		return err
	}
	for master := range strings.FieldsSeq(string(masters)) {
		device := "class/net/" + master
		slaves := strings.Fields(a.word(device + "/bonding/slaves"))
		active := 0
		for _, slave := range slaves {
			if a.word(device+"/lower_"+slave+"/bonding_slave/mii_status") == "up" {
				active++
			}
		}
		b.Gauge("node_bonding_slaves", float64(len(slaves)), "master", master)
		b.Gauge("node_bonding_active", float64(active), "master", master)
	}
	return nil
}

// edac counts the memory errors that memory controllers found.
func (a *Agent) edac(_ context.Context, b *batch.Batch) error {
	controllers, err := a.list("devices/system/edac/mc/mc[0-9]*")
	if err != nil {
		return err
	}
	for _, dir := range controllers {
		pairs := []string{"controller", strings.TrimPrefix(filepath.Base(dir), "mc")}
		if v, is := a.number(dir + "/ce_count"); is {
			b.Counter("node_edac_correctable_errors_total", v, pairs...)
		}
		if v, is := a.number(dir + "/ue_count"); is {
			b.Counter("node_edac_uncorrectable_errors_total", v, pairs...)
		}
	}
	return nil
}

// parseNFS reads the lines net and rpc of /proc/net/rpc/nfs:
//
//	net packets udp tcp connections
//	rpc calls retransmissions refreshes
func parseNFS(data []byte, b *batch.Batch) error {
	for f := range fields(data) {
		v, err := numbers(f[1:])
		if err != nil {
			continue // proc lines hold other things on some kernels
		}
		switch {
		case f[0] == "net" && len(v) >= 4:
			b.Counter("node_nfs_packets_total", v[1], "protocol", "udp")
			b.Counter("node_nfs_packets_total", v[2], "protocol", "tcp")
			b.Counter("node_nfs_connections_total", v[3])
		case f[0] == "rpc" && len(v) >= 3:
			b.Counter("node_nfs_rpcs_total", v[0])
			b.Counter("node_nfs_rpc_retransmissions_total", v[1])
			b.Counter("node_nfs_rpc_authentication_refreshes_total", v[2])
		}
	}
	return nil
}

// diskNames tells what disks are, from udev's data where it has any.
func (a *Agent) diskNames(_ context.Context, b *batch.Batch) error {
	data, err := a.read("diskstats")
	if err != nil {
		return err
	}
	disks, err := parseDiskstats(data, a.skipDisk)
	if err != nil {
		return fmt.Errorf("diskstats: %w", err)
	}
	for _, d := range disks[:min(len(disks), a.cfg.MaxDevices)] {
		udev := map[string]string{}
		text, err := os.ReadFile(filepath.Join("/", a.cfg.Root, "run/udev/data", "b"+d.major+":"+d.minor))
		if err == nil {
			udev = parseUdev(text)
		}
		b.Gauge("node_disk_info", 1, "device", d.name, "major", d.major, "minor", d.minor,
			"path", udev["ID_PATH"], "wwn", udev["ID_WWN"], "model", udev["ID_MODEL"],
			"serial", udev["ID_SERIAL_SHORT"], "revision", udev["ID_REVISION"],
			"rotational", a.word("block/"+d.name+"/queue/rotational"))
	}
	return nil
}

// parseUdev reads lines "E:KEY=value" of udev's data of a device.
func parseUdev(data []byte) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if rest, is := strings.CutPrefix(line, "E:"); is {
			if key, value, is := strings.Cut(strings.TrimSpace(rest), "="); is {
				out[key] = value
			}
		}
	}
	return out
}
