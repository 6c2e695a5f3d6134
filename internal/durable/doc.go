// Package durable keeps bytes on disk through crashes: a journal of checked
// records, files replaced as a whole, and a lock on a data directory.
//
// # Journal
//
// A journal is a directory of segments, numbered upwards. A segment is a
// sequence of records, without header or trailer; numbers are little-endian.
//
//	journal/00000001.wal
//	journal/00000002.wal      ┌────────────┬────────────┬───────────┐
//	journal/00000003.wal ───► │ length u32 │ CRC32C u32 │ payload … │ repeated
//	                          └────────────┴────────────┴───────────┘
//	                            of payload   Castagnoli, of length and payload
//
// Append makes one write of one record or several. When the write fails the segment is cut
// back to where it was; when even that fails the segment is left, torn, and the
// next record opens a new one. A process never appends to the segment of an
// earlier process.
//
// Invariants:
//   - a record is replayed whole or not at all;
//   - Append returned nil: the record survives a crash of the process; Sync
//     returned nil after it: a crash of the machine;
//   - the numbers of segments never go down, so a position "segment n" taken
//     before a crash means the same after it.
//
// Replay goes on behind a damaged record at the next whole one. Damage at the
// end of the newest segment is the torn tail of a crash and is cut off. Damage
// anywhere else is counted: the segment as found is kept as NNNNNNNN.wal.bad,
// and a segment of its whole records takes its place. A segment that cannot be
// read at all is renamed to .bad. Nothing is deleted but by DropBelow and Drop.
package durable
