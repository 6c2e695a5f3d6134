// Package process is what the benches share: the processes that they measure, what
// those cost by the kernel's account, and the table of what was reached.
package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPUTime is what all threads of a process used so far, those that ended
// included. The kernel's clock of a process counts nanoseconds where utime+stime
// of /proc/PID/stat count ticks of 10 ms (clock_getcpuclockid(3)).
func CPUTime(pid int) (time.Duration, error) {
	var ts unix.Timespec
	const sched = 2 // CPUCLOCK_SCHED
	if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err == nil {
		return time.Duration(ts.Nano()), nil
	}
	return cpuTicks(pid)
}

func cpuTicks(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The fields behind the name, which may hold anything but ends with ")".
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %q is too short", pid, b)
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * (10 * time.Millisecond), err
}

// RSSBytes is the resident memory of a process.
func RSSBytes(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm: %q is too short", pid, b)
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Written is what a process has had written so far.
type Written struct {
	Calls int64 `json:"calls"` // bytes handed to write(2) and its like (wchar)
	Pages int64 `json:"pages"` // bytes of the pages that it made dirty (write_bytes)
}

// Sub is what was written since.
func (w Written) Sub(before Written) Written {
	return Written{w.Calls - before.Calls, w.Pages - before.Pages}
}

// WrittenBy reads /proc/PID/io.
func WrittenBy(pid int) (Written, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return Written{}, err
	}
	return parseIO(string(b))
}

func parseIO(s string) (w Written, err error) {
	for l := range strings.Lines(s) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		var to *int64
		switch name {
		case "wchar":
			to = &w.Calls
		case "write_bytes":
			to = &w.Pages
		default:
			continue
		}
		if *to, err = strconv.ParseInt(value, 10, 64); err != nil {
			return Written{}, fmt.Errorf("%q: %w", l, err)
		}
	}
	return w, nil
}

// Machine names the processor and the kernel.
func Machine() string {
	model, kernel := "unknown processor", "unknown kernel"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(b), "model name"); ok {
			line, _, _ := strings.Cut(after, "\n")
			model = strings.TrimLeft(line, "\t :")
		}
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("%s, Linux %s", model, kernel)
}

// LoadAverage is that of the last 1, 5 and 15 minutes.
func LoadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	f := strings.Fields(string(b))
	return strings.Join(f[:min(3, len(f))], " ")
}
