package host

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// frequencies are the files of /sys/devices/system/cpu/cpu*/cpufreq, in kHz.
var frequencies = []batch.Field{
	{Key: "cpuinfo_cur_freq", Name: "node_cpu_frequency_hertz", Help: "Frequency that the CPU runs at, by its hardware."},
	{Key: "scaling_cur_freq", Name: "node_cpu_scaling_frequency_hertz", Help: "Frequency that the CPU runs at, by the kernel."},
}

// frequencyLimits are the same that hardly change.
var frequencyLimits = []batch.Field{
	{Key: "cpuinfo_min_freq", Name: "node_cpu_frequency_min_hertz", Help: "Lowest frequency that the CPU can run at."},
	{Key: "cpuinfo_max_freq", Name: "node_cpu_frequency_max_hertz", Help: "Highest frequency that the CPU can run at."},
	{Key: "scaling_min_freq", Name: "node_cpu_scaling_frequency_min_hertz", Help: "Lowest frequency that the kernel lets the CPU run at."},
	{Key: "scaling_max_freq", Name: "node_cpu_scaling_frequency_max_hertz", Help: "Highest frequency that the kernel lets the CPU run at."},
}

// frequency measures how fast each CPU runs. Virtual machines mostly do not say.
func (a *Agent) frequency(_ context.Context, b *batch.Batch) error {
	return a.cpufreq(b, frequencies)
}

func (a *Agent) frequencyLimits(_ context.Context, b *batch.Batch) error {
	return a.cpufreq(b, frequencyLimits)
}

func (a *Agent) cpufreq(b *batch.Batch, fields []batch.Field) error {
	dirs, err := a.list("devices/system/cpu/cpu[0-9]*/cpufreq")
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		cpu := strings.TrimPrefix(filepath.Base(filepath.Dir(dir)), "cpu")
		for _, f := range fields {
			if kHz, is := a.number(dir + "/" + f.Key); is {
				b.Gauge(f.Name, kHz*1e3, "cpu", cpu)
			}
		}
	}
	return nil
}

// throttles counts how often CPUs were slowed down because of heat: each core
// once, whatever its threads, and each package once.
func (a *Agent) throttles(_ context.Context, b *batch.Batch) error {
	dirs, err := a.list("devices/system/cpu/cpu[0-9]*/thermal_throttle")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, dir := range dirs {
		cpu := filepath.Dir(dir)
		pack, core := a.word(cpu+"/topology/physical_package_id"), a.word(cpu+"/topology/core_id")
		if pack == "" || core == "" {
			continue
		}
		if n, is := a.number(dir + "/core_throttle_count"); is && !seen[pack+" "+core] {
			seen[pack+" "+core] = true
			b.Counter("node_cpu_core_throttles_total", n, "package", pack, "core", core)
		}
		if n, is := a.number(dir + "/package_throttle_count"); is && !seen[pack] {
			seen[pack] = true
			b.Counter("node_cpu_package_throttles_total", n, "package", pack)
		}
	}
	return nil
}

// schedstats are the seventh to ninth number of a cpu line in /proc/schedstat
// (kernel: scheduler/sched-stats.rst).
var schedstats = []batch.Field{
	{Kind: metric.Counter, Name: "node_schedstat_running_seconds_total", Scale: 1e-9, Help: "Time in which the CPU ran a task."},
	{Kind: metric.Counter, Name: "node_schedstat_waiting_seconds_total", Scale: 1e-9, Help: "Time that tasks waited for the CPU, together."},
	{Kind: metric.Counter, Name: "node_schedstat_timeslices_total", Scale: 1, Help: "Slices of time that the CPU gave to tasks."},
}

// parseSchedstat reads lines "cpu0 0 0 0 0 0 0 running waiting timeslices".
func parseSchedstat(data []byte, b *batch.Batch) error {
	for f := range fields(data) {
		cpu, is := strings.CutPrefix(f[0], "cpu")
		if !is {
			continue
		}
		if len(f) < 10 {
			return fmt.Errorf("line %q is short", f)
		}
		v, err := numbers(f[7:10])
		if err != nil {
			return fmt.Errorf("line %s: %w", f[0], err)
		}
		for i, s := range schedstats {
			b.Counter(s.Name, v[i]*s.Scale, "cpu", cpu)
		}
	}
	return nil
}
