package listen

import (
	"context"
	"net"
	"net/netip"
	"os"

	"plimsoll/counterd/line"
)

// Datagram is what came in one piece: a packet, or some whole lines of a stream.
type Datagram struct {
	// Data is good until take returns.
	Data []byte
	// From is the sender; zero for Unix sockets.
	From netip.AddrPort
	// Refused, when it is not Good, says why none of the lines in Data may be
	// applied: each of them counts as bad for this reason.
	Refused line.Reason
}

// Listener is one socket.
type Listener interface {
	// Run gives take what comes in until ctx ends, then what the socket still
	// holds, and returns. A Listener of streams calls take from several
	// goroutines at once. Run is called once at most.
	Run(ctx context.Context, take func([]Datagram)) error
	// Addr is the address bound, with the port that the kernel chose.
	Addr() net.Addr
	// String is the address in the form that Config takes: udp://127.0.0.1:8125.
	String() string
	// Drops counts the datagrams that the kernel dropped for want of buffer since
	// the socket was opened. Streams drop nothing.
	Drops() uint64
	// Stats may be called at any time.
	Stats() Stats
	// File returns a duplicate of the descriptor, to hand to a new process. By
	// itself it changes nothing: that process may never be ready.
	File() (*os.File, error)
	// HandOver says that a process that has a File of this socket reads it from now
	// on. The end of Run then leaves it the connections that wait, and Close the file
	// of a Unix socket.
	HandOver()
	// Alone says that the process which this socket was inherited from has ended.
	Alone()
	// Close ends a Run that goes on, without reading the socket empty, waits for it,
	// and closes the socket. It must not be called from within take.
	Close() error
}

// Stats are the counters of one socket since it was opened.
type Stats struct {
	Datagrams uint64 `json:"datagrams"` // given to take; of streams, pieces
	Bytes     uint64 `json:"bytes"`     // of those, before a signature line is taken off
	Batches   uint64 `json:"batches"`   // calls of take
	Reads     uint64 `json:"reads"`     // system calls that brought something
	Coalesced uint64 `json:"coalesced"` // packets that the kernel had made of several datagrams (UDP_GRO)
	Errors    uint64 `json:"errors"`    // of single system calls

	Truncated   uint64 `json:"truncated"`    // datagrams longer than 64 KiB
	NotAllowed  uint64 `json:"not_allowed"`  // datagrams and connections of senders that are not in Allow
	LongLines   uint64 `json:"long_lines"`   // of streams, longer than MaxLine
	BrokenLines uint64 `json:"broken_lines"` // of streams, cut off by the end of the connection
	// Signatures are those of all sockets of the address together.
	Signatures SignatureStats `json:"signatures"`

	AskedBuffer   int  `json:"asked_buffer"`   // bytes of socket buffer that Config asks for
	GrantedBuffer int  `json:"granted_buffer"` // what the kernel gave of them
	GRO           bool `json:"gro"`            // the kernel coalesces

	Connections     int    `json:"connections"`      // open now
	AcceptedConns   uint64 `json:"accepted_conns"`   // since the socket was opened
	RefusedConns    uint64 `json:"refused_conns"`    // beyond MaxConns
	IdleConns       uint64 `json:"idle_conns"`       // closed after IdleTimeout
	UnfinishedConns uint64 `json:"unfinished_conns"` // closed at the end of Run with more to read
}
