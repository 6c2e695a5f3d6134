// Package spool keeps an agent's samples on disk until the collector has them:
// a metric.Sink whose Put returns when the samples are journalled, and a sender
// that hands them on in order, with the instants they were measured at.
//
//	Put ─► repeats? ─► record ─► journal ─► nil
//	                               │
//	             cursor ─► sender ─┴─► remote.Sink ─► collector
//	                └──────── moves when that answered for good
//
// # The directory
//
//	lock                    one process at a time
//	journal/00000007.wal …  by internal/durable
//	state                   one checked record, replaced as a whole
//
// A record of the journal is
//
//	uint first │ uint n │ snappy( n × sample )
//	sample = kind u8 │ string( labels ) │ int at │ int start │ float value, or of a timing string( sketch )
//
// in the fields of internal/wire. Samples are numbered as they come; first is the
// number of a record's first sample, so that what is missing between two records
// is known to the sample. The state is
//
//	version u8 │ string stream │ string boot │ uint segment │ int offset │ uint first │ uint hole from │
//	uint hole to │ uint since │ uint delivered │ uint dropped │ uint damaged │ uint n │ n × (string reason, uint refused)
//
// where first is the number of the first sample that is not settled, and all
// numbers below it are counted in one of the counts behind.
//
// # What holds
//
//   - Put returned nil: the samples survive a crash of the process, and after
//     SyncInterval one of the machine; they are delivered, or counted as dropped
//     or refused.
//   - put = delivered + dropped + refused + damaged + waiting, exactly and over
//     restarts: the counts are kept with the cursor, in one file.
//   - What was delivered after the state was last saved is sent again after a
//     crash, as it was, under the same stream and numbers (remote.Batch): the
//     collector knows it and takes nothing twice.
//   - When the spool is full its oldest segment goes, and what of it was not sent
//     is counted before the file is removed. The one of which a request is under
//     way stays, because nobody knows yet whether it arrived: then the one behind it
//     goes, and the state remembers the hole.
//   - A sample with the stamp of the last one of its series is a repeat, of a caller
//     that crashed or saw an error: it is kept already, and passed over. An older
//     one is refused as late, as the collector would, unless the last one is ahead of
//     the clock: that was set back then, and the collector judges. Known for that
//     are the series of the last minutes, also over a restart.
//   - Segments that somebody removes while the agent runs are counted as damaged.
//   - In memory are one batch, and for each of those series 16 bytes or so.
//   - While the disk takes nothing, Put hands its samples on itself once all that
//     was kept is sent; until then it is an error, and the caller keeps them.
package spool
