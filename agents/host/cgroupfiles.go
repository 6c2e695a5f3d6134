package host

import (
	"strings"

	"plimsoll/agents/batch"
)

// groupV2 reads one group of the unified hierarchy (kernel:
// admin-guide/cgroup-v2.rst). What is not there, because a controller is off, is
// left out.
func (a *Agent) groupV2(b *batch.Batch, g cgroup) {
	dir := "fs/cgroup/" + g.path + "/"
	cpu := a.pairsIn(dir + "cpu.stat")
	cpuPairs := append([]string{"cpu", "total"}, g.pairs...)
	counter := func(values map[string]float64, key, name string, per float64, pairs []string) {
		if v, is := values[key]; is {
			b.Counter(name, v/per, pairs...)
		}
	}
	counter(cpu, "usage_usec", "container_cpu_usage_seconds_total", 1e6, cpuPairs)
	counter(cpu, "user_usec", "container_cpu_user_seconds_total", 1e6, g.pairs)
	counter(cpu, "system_usec", "container_cpu_system_seconds_total", 1e6, g.pairs)
	if cpu["nr_periods"] > 0 { // else it has no limit
		counter(cpu, "nr_periods", "container_cpu_cfs_periods_total", 1, g.pairs)
		counter(cpu, "nr_throttled", "container_cpu_cfs_throttled_periods_total", 1, g.pairs)
		counter(cpu, "throttled_usec", "container_cpu_cfs_throttled_seconds_total", 1e6, g.pairs)
	}
	if used, is := a.number(dir + "memory.current"); is {
		stat := a.pairsIn(dir + "memory.stat")
		memory(b, g, used, stat["inactive_file"], stat["anon"], stat["file"])
		limit, _ := a.number(dir + "memory.max") // "max" is no number: 0
		b.Gauge("container_spec_memory_limit_bytes", limit, g.pairs...)
		counter(a.pairsIn(dir+"memory.events"), "oom_kill", "container_oom_events_total", 1, g.pairs)
	}
	if swap, is := a.number(dir + "memory.swap.current"); is {
		b.Gauge("container_memory_swap", swap, g.pairs...)
	}
	if data, err := a.sys(dir + "io.stat"); err == nil && len(data) > 0 {
		read, written := parseIOStat(data)
		b.Counter("container_fs_reads_bytes_total", read, g.pairs...)
		b.Counter("container_fs_writes_bytes_total", written, g.pairs...)
	}
	a.tasks(b, g, dir+"pids.current")
}

// unlimited is above what version 1 gives as the limit of a group without one.
const unlimited = 1 << 60

// groupV1 reads one group of the hierarchies cpuacct, memory and pids (kernel:
// admin-guide/cgroup-v1).
func (a *Agent) groupV1(b *batch.Batch, g cgroup) {
	if ns, is := a.number("fs/cgroup/cpuacct/" + g.path + "/cpuacct.usage"); is {
		b.Counter("container_cpu_usage_seconds_total", ns/1e9, append([]string{"cpu", "total"}, g.pairs...)...)
	}
	dir := "fs/cgroup/memory/" + g.path + "/memory."
	if used, is := a.number(dir + "usage_in_bytes"); is {
		stat := a.pairsIn(dir + "stat")
		memory(b, g, used, stat["total_inactive_file"], stat["total_rss"], stat["total_cache"])
		b.Gauge("container_memory_swap", stat["total_swap"], g.pairs...)
		limit, _ := a.number(dir + "limit_in_bytes")
		if limit > unlimited {
			limit = 0
		}
		b.Gauge("container_spec_memory_limit_bytes", limit, g.pairs...)
	}
	a.tasks(b, g, "fs/cgroup/pids/"+g.path+"/pids.current")
}

func memory(b *batch.Batch, g cgroup, used, inactive, rss, cache float64) {
	b.Gauge("container_memory_usage_bytes", used, g.pairs...)
	b.Gauge("container_memory_working_set_bytes", max(0, used-inactive), g.pairs...)
	b.Gauge("container_memory_rss", rss, g.pairs...)
	b.Gauge("container_memory_cache", cache, g.pairs...)
}

func (a *Agent) tasks(b *batch.Batch, g cgroup, file string) {
	if n, is := a.number(file); is {
		b.Gauge("container_threads", n, g.pairs...)
	}
}

// pairsIn reads a file of lines "key number"; other lines are left out.
func (a *Agent) pairsIn(file string) map[string]float64 {
	data, err := a.sys(file)
	if err != nil {
		return nil
	}
	out := map[string]float64{}
	for f := range fields(data) {
		if len(f) == 2 {
			if v, err := number(f[1]); err == nil {
				out[f[0]] = v
			}
		}
	}
	return out
}

// parseIOStat adds up lines "254:0 rbytes=4096 wbytes=0 rios=1 …" of all devices.
func parseIOStat(data []byte) (read, written float64) {
	for f := range fields(data) {
		for _, pair := range f[1:] {
			key, text, _ := strings.Cut(pair, "=")
			v, err := number(text)
			switch {
			case err != nil:
			case key == "rbytes":
				read += v
			case key == "wbytes":
				written += v
			}
		}
	}
	return read, written
}
