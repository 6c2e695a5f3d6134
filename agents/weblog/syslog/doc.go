// Package syslog receives log lines by syslog, over UDP and TCP, as web servers,
// HAProxy and rsyslog send them.
//
//	UDP datagram ────────────────┐
//	TCP ─► frames (RFC 6587) ────┴─► Parse ─► Message ─► take
//
// # Messages
//
//	RFC 5424  <165>1 2026-11-21T13:24:10.062Z web3 nginx 812 - [sd a="b"] text
//	RFC 3164  <134>Nov 21 13:24:10 web3 haproxy[812]: text
//	          <134>Nov 21 13:24:10 haproxy[812]: text     without a host, as HAProxy sends
//
// The old form is no standard but what was seen in the field; what does not look
// like either is the text as a whole. Times in the header are not read: the log
// line has its own. A host that the header does not tell, or
// calls localhost, is the sender's address.
//
// # Frames
//
//	octet counting  97 <134>Nov 21 …   the length, a space, that many bytes
//	otherwise       <134>Nov 21 …\n    up to a line feed, or a NUL
//
// each message anew, as senders are known to mix them. A length above MaxLine, or
// a frame that begins with neither a digit nor <, ends the connection or is cut:
// both are counted.
//
// # What holds
//
// take must not wait; whatever it cannot take it counts. Connections, their idle
// time and the length of frames are bounded. A sender that is not allowed is not
// read. Datagrams that the kernel drops are not seen here: where that matters, use
// TCP.
package syslog
