package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/bench/counterd/load"
)

// How long a datagram waits is seen from outside, of any daemon alike: the
// kernel says how much its socket holds, the sender what it has sent by when, and
// the difference was read. Both are taken so that a wait is never too short.

// batch are the datagrams of one tick of the sender.
type batch struct {
	begin, end time.Time
	sent       uint64 // in all, with this batch
}

// sample is how much the socket held.
type sample struct {
	at     time.Time
	queued uint64 // datagrams
}

// waits are the quantiles of how long datagrams waited.
type waits struct{ p50, p99, p999, max time.Duration }

// watch sends at the ordinary rate and returns how long the datagrams waited.
func (b *bench) watch(ctx context.Context, c *child, names int, duration time.Duration) (waits, error) {
	p := b.packetsOf(load.Counter, names)
	if err := warm(ctx, c, p, names); err != nil {
		return waits{}, err
	}
	each, err := truesize(p.Size())
	if err != nil {
		return waits{}, err
	}
	watching, stop := context.WithCancel(ctx)
	samples := make(chan []sample)
	go func() { samples <- sampleQueue(watching, c.port, each) }() // received below
	var batches []batch
	_, err = load.Send(ctx, load.Config{
		To: loopback(c.port), Packets: p, Rate: ordinary, Tick: b.tick, Duration: duration,
		Progress: func(sent uint64, begin, end time.Time) { batches = append(batches, batch{begin, end, sent}) },
	})
	quiet(c)
	stop()
	return quantiles(waiting(batches, <-samples)), err
}

func loopback(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

// truesize is what the kernel counts for one datagram of size bytes in a socket.
func truesize(size int) (uint64, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := conn.WriteTo(make([]byte, size), conn.LocalAddr()); err != nil {
		return 0, err
	}
	s, err := socketOf(conn.LocalAddr().(*net.UDPAddr).Port)
	if err == nil && s.queued == 0 {
		err = fmt.Errorf("the kernel does not say what a socket holds")
	}
	return s.queued, err
}

// sampleQueue looks at the socket until ctx ends, some 10,000 times a second.
func sampleQueue(ctx context.Context, port int, each uint64) []sample {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	pause := unix.NsecToTimespec((50 * time.Microsecond).Nanoseconds())
	var all []sample
	for ctx.Err() == nil {
		s, err := socketOf(port)
		if err == nil {
			all = append(all, sample{time.Now(), (s.queued + each - 1) / each})
		}
		_ = unix.Nanosleep(&pause, nil)
	}
	return all
}

// waiting returns for each datagram how long it was in the socket at most: from
// before its batch was sent until a sample shows that it was read.
func waiting(batches []batch, samples []sample) []time.Duration {
	var all []time.Duration
	arrived, next := 0, 0 // batches that were sent by the sample's instant; that wait
	done := uint64(0)     // datagrams that were read
	for _, s := range samples {
		for arrived < len(batches) && !batches[arrived].end.After(s.at) {
			arrived++
		}
		if arrived == 0 || batches[arrived-1].sent < s.queued {
			continue
		}
		for read := batches[arrived-1].sent - s.queued; done < read; done++ {
			for batches[next].sent <= done {
				next++
			}
			all = append(all, s.at.Sub(batches[next].begin))
		}
	}
	return all
}

func quantiles(all []time.Duration) waits {
	if len(all) == 0 {
		return waits{}
	}
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[min(len(all)-1, int(q*float64(len(all))))] }
	return waits{p50: at(0.5), p99: at(0.99), p999: at(0.999), max: all[len(all)-1]}
}
