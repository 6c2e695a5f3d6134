package main

import (
	"os"
	"time"

	"plimsoll/internal/bench/process"
)

// usage is where this process, or a child, stood when some work began.
type usage struct {
	pid     int
	cpu     time.Duration
	wall    time.Time
	written process.Written
	err     error
}

func begin() usage { return usageOf(os.Getpid()) }

func usageOf(pid int) usage {
	u := usage{pid: pid, wall: time.Now()}
	var errIO error
	u.cpu, u.err = process.CPUTime(pid)
	u.written, errIO = process.WrittenBy(pid)
	if u.err == nil {
		u.err = errIO
	}
	return u
}

// end returns what was used since u.
func (u usage) end(points int) round {
	now := usageOf(u.pid)
	r := round{Points: points, CPU: now.cpu - u.cpu, Wall: now.wall.Sub(u.wall), Written: now.written.Sub(u.written)}
	switch {
	case u.err != nil:
		r.Error = u.err.Error()
	case now.err != nil:
		r.Error = now.err.Error()
	}
	return r
}
