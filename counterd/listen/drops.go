package listen

import "sync"

// dropMeter says how many datagrams the kernel dropped. Without UDP_GRO that is
// the kernel's own counter, which has 32 bits. With it, that counter counts packets
// that may be many datagrams each, so
//
//	dropped = arrived - received - waiting in the socket
//
// which is known for certain when the socket is empty and still: settle. Until
// then each packet dropped counts as the one datagram that it is at least.
type dropMeter struct {
	mu      sync.Mutex // guards all below
	kernel  uint32     // its counter, at the last update
	packets uint64     // dropped since settled was set
	settled uint64     // datagrams dropped
	gap     int64      // arrived - received, at that time

	candidate        int64 // the gap that the last still moment showed,
	candidatePackets uint64
}

// begin leaves out what an inherited socket has counted already.
func (d *dropMeter) begin(kernel uint32) { d.kernel = kernel }

// update takes the kernel's counter and returns the total. Several may call it at
// once: of two, one may bring the older number.
func (d *dropMeter) update(kernel uint32) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.updateLocked(kernel)
	return d.settled + d.packets
}

func (d *dropMeter) updateLocked(kernel uint32) {
	if n := int32(kernel - d.kernel); n > 0 {
		d.packets += uint64(n)
		d.kernel = kernel
	}
}

// total is what is known without asking the kernel.
func (d *dropMeter) total() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settled + d.packets
}

// settle takes what a still moment shows: the socket was empty, and neither did
// anything arrive nor was anything dropped meanwhile. Something may have been on
// its way between the two counters all the same, so two such moments must agree;
// last says that there will be no second one. It returns whether one is wanted.
func (d *dropMeter) settle(kernel uint32, arrived, received uint64, last bool) (again bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.updateLocked(kernel)
	gap := int64(arrived - received)
	if d.packets == 0 { // nothing was dropped: somebody else reads the socket too
		d.gap = gap
		return false
	}
	agrees := gap == d.candidate && d.packets == d.candidatePackets
	d.candidate, d.candidatePackets = gap, d.packets
	if !agrees && !last {
		return true
	}
	d.settled += uint64(max(gap-d.gap, int64(d.packets)))
	d.gap, d.packets = gap, 0
	return false
}
