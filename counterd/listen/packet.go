package listen

import (
	"fmt"
	"net/netip"
	"time"

	"plimsoll/counterd/line"
)

// maxDatagram is more than any UDP datagram holds.
const maxDatagram = 1 << 16

// errorRest keeps a socket that fails from spinning.
const errorRest = 10 * time.Millisecond

// maxDrain bounds the last reading, in datagrams: a sender that never stops must
// not keep the daemon alive.
const maxDrain = 1 << 18

// batchSize is how many datagrams one system call may bring, and takeSize how many
// take gets at once: what UDP_GRO coalesced can be many more.
const (
	batchSize = 128
	takeSize  = 256
)

// batch gathers datagrams for take.
type batch struct {
	gate    *gate
	count   *counters
	take    func([]Datagram)
	now     time.Time // of the read
	pending []Datagram
	given   int // to take, in all
}

// add puts one datagram behind the others, or several of segment bytes each that
// the kernel made one of; the last may be shorter.
func (b *batch) add(data []byte, segment int, from netip.AddrPort, truncated bool) {
	why := line.Good
	if truncated {
		why = line.BadTruncated
		b.count.truncated.Add(1)
	}
	if segment <= 0 || segment >= len(data) {
		b.one(Datagram{Data: data, From: from, Refused: why})
		return
	}
	b.count.coalesced.Add(1)
	for len(data) > 0 {
		n := min(segment, len(data))
		b.one(Datagram{Data: data[:n:n], From: from, Refused: why})
		data = data[n:]
	}
}

func (b *batch) one(d Datagram) {
	b.gate.admit(&d, b.now)
	if d.Refused == line.BadSource {
		b.count.notAllowed.Add(1)
	}
	b.pending = append(b.pending, d)
	if len(b.pending) == takeSize {
		b.flush()
	}
}

// flush must be called before the buffers are read into again.
func (b *batch) flush() {
	if len(b.pending) == 0 {
		return
	}
	b.take(b.pending)
	b.given += len(b.pending)
	b.count.datagrams.Add(uint64(len(b.pending)))
	b.count.batches.Add(1)
	b.pending = b.pending[:0]
}

// inheritedWrong says that a descriptor is not the socket that the address asks for.
func inheritedWrong(a address, is any) error {
	return fmt.Errorf("the inherited descriptor is %v, not a socket for %s", is, a)
}
