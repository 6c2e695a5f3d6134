// Package listen is where datagrams and streams of counter lines come from: UDP,
// TCP and Unix sockets. It does not know what a line means.
//
//	socket buffer ─► recvmmsg ─► (split what UDP_GRO joined) ─► gate ─► take
//	                    ▲                                         │
//	                    └─────────── rest, or wait ◄──────────────┘
//	connection ─► framer: whole lines ─► take
//
// # What holds
//
//	datagrams sent     = Stats.Datagrams + Drops
//	lines of a stream  = lines given to take, of which those refused count once each
//
// What is refused is given to take too, marked with the reason, so that its lines
// are counted as bad and not lost. Connections that are refused are only counted:
// nothing is read from them.
//
// At the end of Run what the socket still holds is given to take: at most 262,144
// datagrams, at most half a second of connections. A connection is read until
// nothing came for 20 ms. Connections that wait are still accepted, unless the
// socket was handed to a successor, who does it.
//
// # Resting
//
// Waking for each datagram costs many times what counting it costs. So after a
// read the socket is left alone for up to 1.8 ms, and its buffer gathers: long
// enough for a quarter of the buffer at the present rate, and never so long that
// one sender who begins of a sudden fills more than half of it (a datagram each
// 2.5 µs, 832 bytes of buffer each). A datagram after a quiet time is read at once.
// Unix datagram sockets hold ten datagrams, then their senders wait: no rest.
//
// The descriptors are not in the runtime's poller, which wakes a thread for each
// datagram even while nobody reads: the reader waits and rests in ppoll(2), with an
// eventfd that ends both. And it calls the scheduler every 5 ms: the runtime takes
// the processor from a goroutine that was not scheduled for 10 ms, and then does so
// at every rest. At 20,000 datagrams/s, with a receiver that only counts, on two
// cores that other work kept busy (so take these as a range): 1.5–2.2 µs of CPU a
// datagram without that call or with one each round, 1.1–1.5 µs with one each 5 ms.
//
// # UDP_GRO
//
// Senders that use GSO and network cards bring packets of up to 64 datagrams of one
// size. With UDP_GRO the socket holds and gives them whole: 0.02–0.03 µs of CPU a
// datagram instead of 0.5–0.9. But the kernel's counter of drops (SK_MEMINFO_DROPS,
// SO_RXQ_OVFL, /proc/net/udp: all the same one) then counts packets. Measured on
// Linux 6.18, 6,000 datagrams in 100 packets against a buffer of 32 KiB:
//
//	UDP_GRO off   77 received, 5,923 dropped by the counter: together 6,000
//	UDP_GRO on    1,560 received, 74 dropped by the counter: together 1,634
//
// So a socket filter counts how many datagrams each packet is made of before the
// kernel decides whether there is room, and what arrived and was not received was
// dropped. That is exact when the socket is empty and still; meanwhile Drops counts
// each dropped packet as one datagram, so it is never too great and never falls.
// Where bpf(2) is not allowed (it takes CAP_BPF on most systems, or
// kernel.unprivileged_bpf_disabled = 0), UDP_GRO stays off; Stats tells. An inherited
// socket that has it keeps it, since packets may wait in it already; without bpf(2)
// its Drops are then a lower bound.
//
// # Signed datagrams
//
// A datagram may begin with a line that says who sent it:
//
//	_sig|1|web-1|1700000000000|k3Zq9|5fd0…e2\n
//	hits:1|c\n…
//
//	"_sig|"   five bytes
//	"1"       version
//	"|"
//	key       1–64 of [0-9a-zA-Z_.-]: which secret
//	"|"
//	time      1–15 decimal digits: milliseconds since 1970 on the sender's clock
//	"|"
//	nonce     1–32 of [0-9a-zA-Z]: tells apart what is equal in one millisecond
//	"|"
//	MAC       32–64 hex digits, an even number, of either case: the first 16–32
//	          bytes of HMAC-SHA256 with the secret over
//	              "1|" key "|" time "|" nonce LF payload
//	LF        the 256th byte after "_sig|" at the latest
//	payload   the rest of the datagram, to its end: ordinary lines
//
// A datagram counts if its key is known, its MAC is right, its time is within
// signature_window of ours, and its MAC was not seen within that window. The checks
// are made in this order, so that only who has a key gets to the filter of replays.
// That is bounded (max_replay); when it is full, datagrams are refused and counted.
// What is refused: BadUnsigned (only with require_signed), BadSignature (no such
// form, unknown key, wrong MAC, or a signature where no keys are configured),
// BadStale, BadReplay. Stats.Signatures tells more.
//
// It protects against forged and changed lines, and against datagrams that are sent
// again. It does not hide them; it does not notice those that are lost or held back
// for less than the window; it does not tell apart those who share a key; and the
// filter of replays begins empty: for one window after a restart, what was captured
// in that window before it can be sent again, once. Streams are not signed.
//
// # Handing over
//
// File gives a duplicate of the descriptor, which a new process passes to Open. Both
// may hold the socket at once; each datagram goes to one of them, so the old one
// should end its Run soon after the new one began. Drops of an inherited socket begin
// at zero.
//
//	old    File ──────────────────────────► HandOver ─► end of Run, Close
//	new          Open ─► Run ─► it is ready ───┘
//	whose  the old one's │ both's ──────────┘ the new one's
//
// A new process that ends before its Run leaves the file of a Unix socket where it
// is; and until HandOver the old one goes on as if it were alone: one that never was
// ready costs nothing.
package listen
