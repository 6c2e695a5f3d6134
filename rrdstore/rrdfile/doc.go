// Package rrdfile reads and updates rrdtool's round-robin files, version 0003
// as amd64 writes them, without librrd: no cgo, no mmap, and an error instead
// of a crash on a damaged file. Sources: rrdtool-1.x src/rrd_format.h (layout)
// and src/rrd_update.c (arithmetic) as of release 1.7.2.
//
//	offset                bytes         content, all little endian
//	0                     128           stat_head  cookie "RRD\0", version "0003\0",
//	                                               float cookie @16, counts @24 @32, step @40
//	128                   120 x DS      ds_def     name[20] type[20] heartbeat @40 min @48 max @56
//	                      120 x RRA     rra_def    cf[20] rows @24 steps @32 xff @40
//	── header region ───────────────────────────────────────────────────────────
//	                      16            live_head  last update: seconds, microseconds
//	                      112 x DS      pdp_prep   last text[30], unknown s @32, value @40
//	                      80 x RRA x DS cdp_prep   value, unknown @8, primary @64, secondary @72
//	                      8 x RRA       rra_ptr    index of the newest row
//	── rows ────────────────────────────────────────────────────────────────────
//	                      8 x DS x rows of each RRA, row by row; the oldest row
//	                      follows the newest one, around the end
//
// Layers, each in its own files:
//
//	apply, pdp, cdp              pure arithmetic: state x point -> state, rows
//	layout, decode, encode       bytes <-> Schema, state
//	file, shape, descriptor      opening: what files of one schema share is read once
//	update, fetch, create, replace, ring         reading and writing
//	recent                       the newest rows, in memory
//	track, tally                 a file as what it says of any time
//	reshape, reopen              that, as a file of another schema
//	backfill, late, refill       late points, put into the rows that they touch
//	verify                       what can be said of a file's bytes by themselves
//	dump, restore, dump_reader   rrdtool's XML, for other machines
//	view                         reading what another program writes, versions 0004 and 0005 too
//
// Invariants:
//
//   - An update writes the rows first and the whole header region last, in one
//     write. A process killed between the two leaves the old header: applying
//     the same points again gives the file that was meant. (The rows written
//     ahead lie where the oldest rows were, and are put right by that.)
//   - Against a torn header write, as a power cut can leave it, the caller keeps
//     MutableHeader from before the update and puts it back with RestoreHeader.
//   - An update that reports an error for writing has applied nothing, in
//     memory; what reached the disk is overwritten by the next one.
//   - A backfill too writes rows first and the header last, and is the same done
//     twice: after an error or a kill, the same points again.
//   - Reshape only reads: its result is put in place by Replace, so that a crash
//     of the machine leaves the old file or the new one.
//   - Fetch with pending points gives what Fetch after Update of them would.
//
// The doubles that are computed are the ones librrd computes, bit for bit: the
// order of the operations is kept and each product is rounded before it is
// added (the explicit float64 conversions keep the compiler from fusing them).
// Known differences, none of them in that arithmetic:
//
//   - Times have whole milliseconds here. librrd reads times as decimal text and
//     truncates, so its "1700000000.123" is 122,999 microseconds.
//   - librrd's own reading of decimal values is not correctly rounded beyond
//     15 digits; here values are doubles to begin with.
//   - The difference of two counter readings is rounded correctly here; librrd
//     may be off in the last digit beyond 2^53.
//   - A gap longer than an archive fills the archive. As in librrd 1.7.2 the
//     first row then written, in the place of the oldest, is the one that ended
//     the interval open before the gap, though its time is earlier.
package rrdfile
