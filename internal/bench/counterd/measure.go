package main

import (
	"context"
	"fmt"
	"time"

	"plimsoll/internal/bench/counterd/load"
	"plimsoll/internal/bench/process"
)

// result is one run of one load against one daemon.
type result struct {
	sent    uint64 // lines
	counted uint64 // lines, as the daemon says; of one that does not say, what the kernel did not drop
	says    bool
	bad     uint64        // lines
	drops   uint64        // datagrams that the kernel dropped
	sending time.Duration // how long the sender took
	elapsed time.Duration // until the daemon had read everything
	cpu     time.Duration
	rss     int64 // bytes
	perLine int   // lines in a datagram
}

func (r result) rate() float64 { return float64(r.counted) / r.elapsed.Seconds() }
func (r result) cpuMicros() float64 {
	return float64(r.cpu.Microseconds()) / float64(max(r.counted, 1))
}
func (r result) lost() float64 { return 1 - float64(r.counted)/float64(max(r.sent, 1)) }

// unaccounted is how many lines nobody has counted, neither daemon nor kernel.
func (r result) unaccounted() int64 {
	return int64(r.sent) - int64(r.counted) - int64(r.bad) - int64(r.drops)*int64(r.perLine)
}

// state is what the machine and the daemon say at one instant.
type state struct {
	counts counts
	drops  uint64
	cpu    time.Duration
	at     time.Time
}

// look asks the daemon last, or first, so that the answer's own cost is not in
// the difference of cpu.
func look(c *child, askFirst bool) (s state, err error) {
	ask := func() {
		if c.count != nil && err == nil {
			s.counts, err = c.count()
		}
	}
	if askFirst {
		ask()
		quiet(c) // the answer itself
	}
	if err == nil {
		s.cpu, err = process.CPUTime(c.PID())
		s.at = time.Now()
	}
	if err == nil {
		var k socket
		k, err = socketOf(c.port)
		s.drops = k.drops
	}
	if !askFirst {
		ask()
	}
	return s, err
}

// measure sends a load and waits until the daemon has worked it off.
func measure(ctx context.Context, c *child, l load.Config) (result, error) {
	l.To = loopback(c.port)
	before, err := look(c, true)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	sent, err := load.Send(ctx, l)
	if err != nil {
		return result{}, err
	}
	end := quiet(c)
	after, err := look(c, false)
	if err != nil {
		return result{}, err
	}
	r := result{
		sent: sent.Lines, sending: sent.Elapsed, elapsed: end.Sub(start), cpu: after.cpu - before.cpu, drops: after.drops - before.drops,
		perLine: int(sent.Lines / max(sent.Packets, 1)), says: c.count != nil, bad: after.counts.Bad - before.counts.Bad,
	}
	if c.saysDrops {
		r.drops = after.counts.KernelDrops - before.counts.KernelDrops
	}
	r.counted = r.sent - r.drops*uint64(r.perLine)
	if r.says {
		r.counted = after.counts.Lines - before.counts.Lines
		if c.datagrams {
			r.counted *= uint64(r.perLine)
		}
	}
	r.rss, err = process.RSSBytes(c.PID())
	return r, err
}

// quiet waits until the socket is empty and the daemon at rest, and returns when
// it was empty. A daemon that never rests gets a few seconds.
func quiet(c *child) (empty time.Time) {
	const step = 10 * time.Millisecond
	empty = time.Now()
	last, _ := process.CPUTime(c.PID())
	for begin, calm := time.Now(), 0; calm < 3 && time.Since(begin) < 5*time.Second; {
		time.Sleep(step)
		s, err := socketOf(c.port)
		cpu, errCPU := process.CPUTime(c.PID())
		if err != nil || errCPU != nil {
			break // it is gone: whoever asks next is told
		}
		if s.queued > 0 {
			empty = time.Now()
		}
		if calm++; s.queued > 0 || cpu-last > step/20 {
			calm = 0
		}
		last = cpu
	}
	return empty
}

// warm makes every name known to the daemon.
func warm(ctx context.Context, c *child, p load.Packets, names int) error {
	_, err := load.Send(ctx, load.Config{
		To: loopback(c.port), Packets: p, Rate: 50_000, Tick: 500 * time.Microsecond, Duration: 10 * time.Second,
		Most: uint64((names + p.Lines() - 1) / p.Lines()),
	})
	if err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	quiet(c)
	return nil
}
