package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what all threads of a process used so far, those that ended
// included. The kernel's clock of a process counts nanoseconds where utime+stime
// of /proc/PID/stat count ticks of 10 ms (clock_getcpuclockid(3)).
func cpuTime(pid int) (time.Duration, error) {
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

// rssBytes is the resident memory of a process.
func rssBytes(pid int) (int64, error) {
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

// socket is the state of all UDP sockets of one port together.
type socket struct {
	found  bool
	queued uint64 // bytes that wait to be read, with the kernel's overhead
	drops  uint64 // datagrams, since the socket was made
}

func socketOf(port int) (socket, error) {
	var s socket
	for _, file := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		b, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // no IPv6 here
		}
		if err != nil {
			return s, err
		}
		for l := range strings.Lines(string(b)) {
			if err := s.add(l, fmt.Sprintf(":%04X", port)); err != nil {
				return s, fmt.Errorf("%s: %q: %w", file, l, err)
			}
		}
	}
	return s, nil
}

func (s *socket) add(line, suffix string) error {
	f := strings.Fields(line)
	if len(f) < 13 || !strings.HasSuffix(f[1], suffix) {
		return nil
	}
	_, queue, _ := strings.Cut(f[4], ":")
	queued, err := strconv.ParseUint(queue, 16, 64)
	if err != nil {
		return err
	}
	drops, err := strconv.ParseUint(f[12], 10, 64)
	if err != nil {
		return err
	}
	s.found = true
	s.queued += queued
	s.drops += drops
	return nil
}

func machine() string {
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
	limit := "?"
	if b, err := os.ReadFile("/proc/sys/net/core/rmem_max"); err == nil {
		limit = strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("%s, Linux %s, net.core.rmem_max %s", model, kernel, limit)
}

func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	f := strings.Fields(string(b))
	return strings.Join(f[:min(3, len(f))], " ")
}
