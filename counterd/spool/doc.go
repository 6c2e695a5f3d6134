// Package spool is the journal of the counter daemon's open interval: what was
// counted in each second, kept on disk until the samples of its interval are
// safe in the store. A daemon that is killed loses at most its last second.
//
//	each second   Append(at, touched) ──► one record in the newest segment
//	each flush    Delivered(boundary) ──► a mark, and segments that are done go
//	next start    Replay              ──► the seconds that no later mark covers
//
// A mark covers the seconds that stand before it and are not later than its
// boundary. So a clock that was set back hides nothing, and a mark that did not
// reach the disk shows seconds again that are safe already: the store refuses
// their samples as late.
//
// # Format
//
// The segments and their checked records are those of internal/durable. Varints
// are those of encoding/binary, floats 8 bytes little-endian. "varint" is signed
// (zig-zag), "uvarint" is not; a string is uvarint length │ bytes.
//
//	mark    'D' │ varint boundary                                 (Unix ms)
//	second  'S' │ varint at │ uvarint fresh │ uvarint n │ n × entry
//	entry   form │ reference │ name │ start │ value │ sketch │ members
//
//	form bit 0        name follows; the entry's reference is the next one that
//	                  is free: in a record they count up from fresh
//	     bit 1        the reference is that of the entry before, plus 1 (of the
//	                  first: 0); with neither bit: uvarint reference
//	     bits 2 and 3 value: 0 is 0, 1 a whole number as varint, 2 a float
//	     bit 4        varint at - start follows; else start is the name's
//	     bit 5        uvarint length │ sketch, as internal/sketch encodes it
//	     bit 6        uvarint n │ n × string: members
//	     bit 7        0
//	name    kind byte │ varint at - start │ raw string │ uvarint n │ n × (label string │ value string)
//
// A name is told once in a segment and then by its reference, so that a counter
// takes two to six bytes a second. References hold in one segment only, and
// fresh says how many were given before the record: one that is lost to damage
// cannot shift the names of those behind it. Entries that refer to a name which
// was lost are left out and counted.
//
// # What holds
//
//   - Append returned nil: the second survives a crash of the process, and with
//     SyncInterval, after so long, a crash of the machine.
//   - Appended ⊆ replayed ⊆ attempted, in the order written.
//   - After an Append that failed a new segment is begun, so the next one does
//     not refer to names that never arrived.
//   - Segments take at most MaxBytes; beyond it the oldest go and are counted.
//   - What is damaged is kept as NNNNNNNN.wal.bad and counted, never deleted.
package spool
