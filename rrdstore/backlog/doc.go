// Package backlog keeps the points that wait for their archive in a few bytes
// each.
//
// It is a stream of bytes that only grows at its end. As in Gorilla (Pelkonen et
// al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015)
// an instant is told by how much its distance to the one before changed, and a
// value by what differs from the last known one of its column. But whole bytes
// are written, as that is faster, and most of our values are numbers of few
// digits in one way or another, which the difference of their bits hides: so
// those ways are tried first. The first that gives back every bit is taken.
//
//	point   head₀ │ change of distance, if head₀ & 0x80 │ rest₀ │ head₁ │ rest₁ │ …
//
//	head                         value
//	0                            as before
//	1                            unknown (NaN; all NaN are one)
//	2   of the first column      all columns are unknown, and no more follows
//	form<<3 | n                  m = m of before + rest, n bytes of zigzag
//	    form 1  whole            m
//	         2  rate             m · 1000 / distance: so many, counted since the point before
//	         3  thousandths      m / 1000
//	         4  millionths       m / 1000000
//	         5  bucket           the middle of bucket m of a sketch: a quantile
//	         6  noisy rate       m · 10 / distance, and a varint: how many floats away
//	                             from that. Hundredths of seconds that were counted
//	                             in floats, as CPU time is
//	0x40 | t<<3 | n-1            bits XOR bits before = n bytes, and t zero bytes below them
//
// Changes are varints; rest is little-endian; distances are ms. The m of before
// is that of the last known value, nearest, in the same form; 0 if it has none.
// Before the first point stand the instant 0 and the value 0; its distance
// counts as 0.
//
// What it takes (BenchmarkBytes prints it), in bytes a point at regular
// distances: constants 1, small whole numbers 2, rates of counters 2 to 3, of CPU
// time 5, floats that are all noise 9, a row of eleven columns of a timing 40.
//
// # Reading beside writing
//
// A View is the stream up to a length. Push writes behind that length, or into
// new memory when there is no more room, so a View may be read without the lock
// that guards its Buffer, as long as it likes. What Push has to remember of the
// last point stands in front of the stream, where no View looks.
package backlog
