// Package xdr reads and writes the datagrams of Ganglia 3.1 and newer, as gmond
// and gmetric send them (ganglia/monitor-core lib/gm_protocol.x; RFC 4506: all is
// big-endian, and a string has its length before it and zeros up to a multiple of
// four behind it).
//
//	u32     128 metadata, 129–135 a value, 136 a request for metadata
//	string  host      of a spoofed metric "IP:NAME"
//	string  name      of the metric
//	u32     spoofed   0 or 1
//
// then, of 128:
//
//	string  type      "uint16", "double", "string", …
//	string  name      again
//	string  units
//	u32     slope     0 zero, 1 positive, 2 negative, 3 both, 4 unspecified, 5 derivative
//	u32     tmax      seconds between two values at most
//	u32     dmax      seconds of silence after which the metric goes; 0: never
//	u32     n         pairs of strings that follow: GROUP, TITLE, DESC, SPOOF_HOST, …
//
// of 129–135:
//
//	string  format    of printf: "%.1f"
//	value   129 ushort, 130 short, 131 int, 132 uint: four bytes each;
//	        133 string; 134 float, four bytes; 135 double, eight
//
// and of 136 nothing. gmetric sends each value as 133, whatever its type is.
//
// What holds: Parse never keeps the datagram, never reads past it, and takes
// nothing that Append would not write again byte by byte, but for bytes after the
// end, the padding, and spoofed, of which any number but 0 is true.
package xdr
