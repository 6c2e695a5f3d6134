// Package limit bounds what one source of samples may bring: how many series,
// how many samples a second, how long their labels are, and how far their stamps
// may be from now.
//
//	Meter of a source ── Admit(samples, now) ─┬─► kept, untouched and in order
//	                                          └─► refused, one by one, with reasons
//
// What holds:
//   - A Meter looks at nothing but its own source's samples, so that what one
//     source sends changes nothing for another.
//   - What a Meter needs is bounded: 32 bits and some for each series, up to
//     Limits.Series of them.
//   - A series counts from its first sample until it was silent for half an hour
//     to an hour; its place is then free. A series that is known is never refused
//     for the limit of series.
//   - A refused sample takes nothing of the rate. What was admitted but could not
//     be stored, and will come again, is given back with Refund. A sender that can
//     wait is told how long, with Wait, so that a rate costs it no sample.
//
// Series are told apart by a hash of 32 bits: two of 100,000 may count as one.
package limit
