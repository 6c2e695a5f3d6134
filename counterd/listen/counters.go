package listen

import "sync/atomic"

// counters are the Stats that Run counts; whoever asks reads them meanwhile.
type counters struct {
	datagrams, bytes, batches, reads, coalesced, errors atomic.Uint64

	truncated, notAllowed, longLines, brokenLines atomic.Uint64

	connections                                   atomic.Int64
	accepted, refusedConns, idleConns, unfinished atomic.Uint64
}

func (c *counters) stats() Stats {
	return Stats{
		Datagrams:       c.datagrams.Load(),
		Bytes:           c.bytes.Load(),
		Batches:         c.batches.Load(),
		Reads:           c.reads.Load(),
		Coalesced:       c.coalesced.Load(),
		Errors:          c.errors.Load(),
		Truncated:       c.truncated.Load(),
		NotAllowed:      c.notAllowed.Load(),
		LongLines:       c.longLines.Load(),
		BrokenLines:     c.brokenLines.Load(),
		Connections:     int(c.connections.Load()),
		AcceptedConns:   c.accepted.Load(),
		RefusedConns:    c.refusedConns.Load(),
		IdleConns:       c.idleConns.Load(),
		UnfinishedConns: c.unfinished.Load(),
	}
}
