package ganglia

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/internal/metric"
)

// core is one of the metrics that gmond measures itself and Ganglia's pages are made
// of, as it follows from what our host agent measures.
type core struct {
	name, kind, units, group, title string
	expr                            string // by instance
}

// cpu is the share of a CPU's time in some modes, in percent.
func cpu(name, modes, title string) core {
	return core{name, "float", "%", "cpu", title, `100 * sum by (instance) (rate(node_cpu_seconds_total{mode=~"` + modes +
		`"}[1m])) / sum by (instance) (rate(node_cpu_seconds_total[1m]))`}
}

func memory(name, of, title string) core {
	return core{name, "float", "KB", "memory", title, "max by (instance) (" + of + ") / 1024"}
}

func network(name, of, units, title string) core {
	return core{name, "float", units, "network", title, `sum by (instance) (rate(` + of + `{device!="lo"}[1m]))`}
}

func plain(name, kind, units, group, of, title string) core {
	return core{name, kind, units, group, title, "max by (instance) (" + of + ")"}
}

// disks are the file systems that gmond counts.
const disks = `{fstype=~"ext[234]|xfs|btrfs|zfs|jfs|reiserfs|f2fs|bcachefs"}`

func cores() []core {
	return []core{
		plain("load_one", "float", " ", "load", "node_load1", "One Minute Load Average"),
		plain("load_five", "float", " ", "load", "node_load5", "Five Minute Load Average"),
		plain("load_fifteen", "float", " ", "load", "node_load15", "Fifteen Minute Load Average"),
		{"cpu_num", "uint16", "CPUs", "cpu", "CPU Count", `count by (instance) (node_cpu_seconds_total{mode="idle"})`},
		cpu("cpu_user", "user", "CPU User"),
		cpu("cpu_nice", "nice", "CPU Nice"),
		cpu("cpu_system", "system|irq|softirq", "CPU System"),
		cpu("cpu_idle", "idle", "CPU Idle"),
		cpu("cpu_wio", "iowait", "CPU wio"),
		cpu("cpu_steal", "steal", "CPU steal"),
		memory("mem_total", "node_memory_MemTotal_bytes", "Memory Total"),
		memory("mem_free", "node_memory_MemFree_bytes", "Free Memory"),
		memory("mem_buffers", "node_memory_Buffers_bytes", "Memory Buffers"),
		memory("mem_cached", "node_memory_Cached_bytes", "Cached Memory"),
		memory("mem_shared", "node_memory_Shmem_bytes", "Shared Memory"),
		memory("swap_total", "node_memory_SwapTotal_bytes", "Swap Space Total"),
		memory("swap_free", "node_memory_SwapFree_bytes", "Free Swap Space"),
		network("bytes_in", "node_network_receive_bytes_total", "bytes/sec", "Bytes Received"),
		network("bytes_out", "node_network_transmit_bytes_total", "bytes/sec", "Bytes Sent"),
		network("pkts_in", "node_network_receive_packets_total", "packets/sec", "Packets Received"),
		network("pkts_out", "node_network_transmit_packets_total", "packets/sec", "Packets Sent"),
		plain("proc_run", "uint32", " ", "process", "node_procs_running", "Total Running Processes"),
		plain("boottime", "uint32", "s", "system", "node_boot_time_seconds", "Last Boot Time"),
		{"disk_total", "double", "GB", "disk", "Total Disk Space", "sum by (instance) (max by (instance, device) (node_filesystem_size_bytes" + disks + ")) / 1e9"},
		{"disk_free", "double", "GB", "disk", "Disk Space Available", "sum by (instance) (max by (instance, device) (node_filesystem_avail_bytes" + disks + ")) / 1e9"},
		{"part_max_used", "float", "%", "disk", "Maximum Disk Space Used", "max by (instance) (100 - 100 * node_filesystem_avail_bytes" + disks + " / node_filesystem_size_bytes" + disks + ")"},
	}
}

// own tells of the hosts of our agents, and remembers it for a while.
type own struct {
	config *Config

	mu   sync.Mutex // guards what follows, and lets one ask at a time
	at   time.Time
	what []cluster.Host
}

const (
	ownAge     = 10 * time.Second // how long an answer is good for
	ownTimeout = 8 * time.Second  // of all questions together
	ownTMAX    = 300              // of a metric, seconds
)

// hosts returns them; none if they are not wanted.
func (o *own) hosts(ctx context.Context, now time.Time) []cluster.Host {
	if o.config.OwnCluster == "" || o.config.OwnHosts == nil || o.config.Querier == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if age := now.Sub(o.at); age < 0 || age >= ownAge {
		o.what, o.at = o.ask(ctx, now), now
	}
	return o.what
}

// ask asks for all of them.
func (o *own) ask(ctx context.Context, now time.Time) (out []cluster.Host) {
	at := map[string]int{}
	for _, h := range o.config.OwnHosts() {
		if _, twice := at[h.Instance]; twice || !goodName(h.Instance) {
			continue
		}
		at[h.Instance] = len(out)
		out = append(out, cluster.Host{
			Name: h.Instance, Location: "unspecified", Reported: h.LastSeen.Unix(), TN: whole(now.Sub(h.LastSeen)),
			TMAX: max(1, int64(math.Ceil(h.IntervalSeconds*3/4))), // four of them are three intervals
		})
	}
	if len(out) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ownTimeout)
	defer cancel()
	for _, c := range cores() {
		r, err := o.config.Querier.Query(ctx, metric.Query{Expr: c.expr, End: now})
		if err != nil {
			continue // the others may be answered
		}
		for _, s := range r.Series {
			i, known := at[s.Labels.Get("instance")]
			if v, ok := c.value(s); known && ok {
				out[i].Metrics = append(out[i].Metrics, c.metric(v))
			}
		}
	}
	return out
}

func (c core) value(s metric.Series) (float64, bool) {
	if len(s.Points) != 1 || math.IsNaN(s.Points[0].Value) || math.IsInf(s.Points[0].Value, 0) {
		return 0, false
	}
	return s.Points[0].Value, true
}

func (c core) metric(v float64) cluster.Metric {
	digits := 3
	if c.kind != "float" && c.kind != "double" {
		digits = 0
	}
	return cluster.Metric{
		Name: c.name, Value: strconv.FormatFloat(v, 'f', digits, 64), Type: c.kind, Units: c.units, Slope: "both", TMAX: ownTMAX,
		Extra: []cluster.Extra{{Name: "GROUP", Value: c.group}, {Name: "TITLE", Value: c.title}},
	}
}
