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
	"Active_anon":       "Part of Active that no file stands behind.",
	"Active_file":       "Part of Active that caches files.",
	"Inactive_anon":     "Part of Inactive that no file stands behind.",
	"Inactive_file":     "Part of Inactive that caches files.",
	"Unevictable":       "Memory that cannot be reclaimed.",
	"Mlocked":           "Memory locked by programs.",
	"KReclaimable":      "Memory of the kernel that can be reclaimed.",
	"SecPageTables":     "Memory of page tables of virtual machines.",
	"NFS_Unstable":      "Memory sent to NFS servers and not yet on their disks.",
	"Bounce":            "Memory of bounce buffers of block devices.",
	"WritebackTmp":      "Memory that FUSE uses to write back.",
	"VmallocTotal":      "Size of the kernel's vmalloc area.",
	"VmallocUsed":       "Used part of the vmalloc area.",
	"VmallocChunk":      "Largest free piece of the vmalloc area.",
	"Percpu":            "Memory of the kernel's data per CPU.",
	"Zswap":             "Memory of swap that is kept compressed.",
	"Zswapped":          "Memory of programs that is swapped, compressed.",
	"AnonHugePages":     "Huge pages of programs that no file stands behind.",
	"ShmemHugePages":    "Huge pages of shared memory and tmpfs.",
	"ShmemPmdMapped":    "Shared memory mapped into programs by huge pages.",
	"FileHugePages":     "Huge pages that cache files.",
	"FilePmdMapped":     "Files mapped into programs by huge pages.",
	"CmaTotal":          "Memory of the contiguous memory allocator.",
	"CmaFree":           "Free memory of the contiguous memory allocator.",
	"Balloon":           "Memory that the virtual machine gave back to its host.",
	"Hugepagesize":      "Size of a huge page.",
	"Hugetlb":           "Memory of huge pages of all sizes.",
	"DirectMap4k":       "Memory mapped by pages of 4 kB.",
	"DirectMap2M":       "Memory mapped by pages of 2 MB.",
	"DirectMap1G":       "Memory mapped by pages of 1 GB.",
}

// hugePages are the fields of /proc/meminfo that count pages.
var hugePages = map[string]string{
	"HugePages_Total": "Huge pages that there are.",
	"HugePages_Free":  "Huge pages that nothing uses.",
	"HugePages_Rsvd":  "Huge pages promised and not yet given.",
	"HugePages_Surp":  "Huge pages above the number set.",
}

// memoryName names a field as node_exporter does: Active(anon) is Active_anon.
func memoryName(field string) string {
	name := strings.TrimSuffix(field, ":")
	if base, part, is := strings.Cut(strings.TrimSuffix(name, ")"), "("); is {
		return base + "_" + part
	}
	return name
}

// parseMeminfo reads lines such as "MemTotal:  49368208 kB" (proc_meminfo(5)).
func parseMeminfo(data []byte, b *batch.Batch) error {
	found := 0
	for f := range fields(data) {
		name := memoryName(f[0])
		_, pages := hugePages[name]
		if _, kept := meminfo[name]; !kept && !pages {
			continue
		}
		if !pages && (len(f) != 3 || f[2] != "kB") || len(f) < 2 {
			return fmt.Errorf("field %s is %q, not in kB", name, f[1:])
		}
		v, err := number(f[1])
		if err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		if pages {
			b.Gauge("node_memory_"+name, v)
		} else {
			b.Gauge("node_memory_"+name+"_bytes", v*1024)
		}
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
