package host

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/agents/batch"
)

// userHZ is the unit of the times in /proc/stat: ticks per second. It is part of
// the kernel's interface to programs and 100 on all architectures that Go has.
const userHZ = 100

// cpuModes are the columns of a cpu line in /proc/stat (proc_stat(5)); the two
// after them, guest and guest_nice, are contained in user and nice and have a
// series of their own.
var cpuModes = [...]string{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"}

// guestModes are the two columns after cpuModes.
var guestModes = [...]string{"user", "nice"}

// cpuTimes are the seconds that one CPU spent in each of cpuModes and guestModes.
type cpuTimes [len(cpuModes) + len(guestModes)]float64

// stat is what /proc/stat holds.
type stat struct {
	cpus   []string // "0", "1", …
	times  []cpuTimes
	single map[string]float64 // the other lines' first number
}

func parseStat(data []byte) (stat, error) {
	s := stat{single: map[string]float64{}}
	for f := range fields(data) {
		if len(f) < 2 || f[0] == "cpu" {
			continue
		}
		cpu, ok := strings.CutPrefix(f[0], "cpu")
		if !ok {
			v, err := number(f[1])
			if err != nil {
				return s, fmt.Errorf("line %s: %w", f[0], err)
			}
			s.single[f[0]] = v
			continue
		}
		values, err := numbers(f[1:])
		if err != nil {
			return s, fmt.Errorf("line %s: %w", f[0], err)
		}
		var t cpuTimes // old kernels have fewer columns: the rest stays 0
		for i := range min(len(t), len(values)) {
			t[i] = values[i] / userHZ
		}
		s.cpus, s.times = append(s.cpus, cpu), append(s.times, t)
	}
	if len(s.cpus) == 0 {
		return s, fmt.Errorf("no cpu line in %d bytes", len(data))
	}
	return s, nil
}

// cpuKeeper keeps CPU times monotonic: the kernel lets iowait and idle fall a
// little now and then (proc_stat(5)), which must not look like a reset.
type cpuKeeper map[string]cpuTimes

// jumpBack is by how many seconds idle must fall to mean that the CPU was taken
// out and came back (prometheus/node_exporter: collector/cpu_linux.go).
const jumpBack = 3

func (k cpuKeeper) keep(cpu string, t cpuTimes) cpuTimes {
	const idle = 3
	old, known := k[cpu]
	if known && t[idle] >= old[idle]-jumpBack {
		for i := range t {
			t[i] = max(t[i], old[i])
		}
	}
	k[cpu] = t
	return t
}

func (a *Agent) stat(_ context.Context, b *batch.Batch) error {
	data, err := a.read("stat")
	if err != nil {
		return err
	}
	s, err := parseStat(data)
	if err != nil {
		return err
	}
	for i, cpu := range s.cpus {
		times := a.cpu.keep(cpu, s.times[i])
		for j, mode := range cpuModes {
			b.Counter("node_cpu_seconds_total", times[j], "cpu", cpu, "mode", mode)
		}
		for j, mode := range guestModes {
			b.Counter("node_cpu_guest_seconds_total", times[len(cpuModes)+j], "cpu", cpu, "mode", mode)
		}
	}
	counters := map[string]string{
		"ctxt": "node_context_switches_total", "intr": "node_intr_total", "processes": "node_forks_total",
	}
	gauges := map[string]string{
		"btime": "node_boot_time_seconds", "procs_running": "node_procs_running",
		"procs_blocked": "node_procs_blocked",
	}
	for line, v := range s.single {
		if name := counters[line]; name != "" {
			b.Counter(name, v)
		} else if name := gauges[line]; name != "" {
			b.Gauge(name, v)
		}
	}
	return nil
}
