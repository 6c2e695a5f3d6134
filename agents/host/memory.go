package host

import (
	"fmt"
	"strings"

	"plimsoll/agents/batch"
)

// meminfo are the fields of /proc/meminfo that are kept: all in kB.
var meminfo = map[string]string{
	"MemTotal":          "Memory that the kernel can use.",
	"MemFree":           "Memory that nothing uses.",
	"MemAvailable":      "Memory that new programs could get without swapping, as the kernel estimates it.",
	"Buffers":           "Memory that caches blocks of devices.",
	"Cached":            "Memory that caches files, without SwapCached.",
	"SwapCached":        "Memory that is also in swap.",
	"SwapTotal":         "Size of swap.",
	"SwapFree":          "Swap that nothing uses.",
	"Active":            "Memory used recently.",
	"Inactive":          "Memory not used recently, the first to be reclaimed.",
	"Dirty":             "Memory that waits to be written to disk.",
	"Writeback":         "Memory that is being written to disk.",
	"AnonPages":         "Memory of programs that no file stands behind.",
	"Mapped":            "Files mapped into programs.",
	"Shmem":             "Shared memory and tmpfs.",
	"Slab":              "Memory of the kernel's own data structures.",
	"SReclaimable":      "Part of Slab that can be reclaimed.",
	"SUnreclaim":        "Part of Slab that cannot be reclaimed.",
	"KernelStack":       "Memory of kernel stacks.",
	"PageTables":        "Memory of page tables.",
	"CommitLimit":       "Memory that may be promised to programs.",
	"Committed_AS":      "Memory that was promised to programs.",
	"HardwareCorrupted": "Memory that the kernel found broken.",
}

// parseMeminfo reads lines such as "MemTotal:  49368208 kB" (proc_meminfo(5)).
func parseMeminfo(data []byte, b *batch.Batch) error {
	found := 0
	for f := range fields(data) {
		name := strings.TrimSuffix(f[0], ":")
		if _, kept := meminfo[name]; !kept {
			continue
		}
		if len(f) != 3 || f[2] != "kB" {
			return fmt.Errorf("field %s is %q, not in kB", name, f[1:])
		}
		kB, err := number(f[1])
		if err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		b.Gauge("node_memory_"+name+"_bytes", kB*1024)
		found++
	}
	if found == 0 {
		return fmt.Errorf("no known field in %d bytes", len(data))
	}
	return nil
}

// vmstat are the lines of /proc/vmstat that are kept.
var vmstat = map[string]string{
	"pgfault":    "Page faults.",
	"pgmajfault": "Page faults that had to read from disk.",
	"pgpgin":     "Kilobytes read from block devices.",
	"pgpgout":    "Kilobytes written to block devices.",
	"pswpin":     "Pages read back from swap.",
	"pswpout":    "Pages written to swap.",
	"oom_kill":   "Processes killed because memory ran out.",
}

func parseVmstat(data []byte, b *batch.Batch) error {
	for f := range fields(data) {
		if _, kept := vmstat[f[0]]; !kept || len(f) != 2 {
			continue
		}
		v, err := number(f[1])
		if err != nil {
			return fmt.Errorf("line %s: %w", f[0], err)
		}
		b.Counter("node_vmstat_"+f[0], v)
	}
	return nil
}
