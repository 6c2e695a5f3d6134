// Package farm makes the percentile bands of a whole farm: it merges the timings
// that many hosts made of the same interval into one of the series without the
// label instance. Sketches are merged, never percentiles.
//
//	Put ─► pick timings with instance ─► journal ─► slots in memory ─┐
//	  └──► Config.Sink                                               │ grace
//	                                     Config.Sink ◄── merged ◄────┘
//
// A slot is what there is of one series for one interval: all timings that end in
// (end − Interval, end]. It is closed, put and forgotten when Grace has passed
// since its end, and since the first timing of it came: after an outage of the
// collector, when all hosts send what they kept, each has that time to come.
//
// The journal (internal/durable) has two kinds of records, in the fields of
// internal/wire:
//
//	'A' │ int arrived │ uint n │ n × (string labels │ uint instance │ int start │ int at │ string sketch)
//	'C' │ int at        all slots that were due at that instant are put
//
// What holds:
//   - Put returned nil: its timings are in the merged series, after a crash too,
//     or counted as late or refused. They are journalled before they are passed on,
//     so a Put that failed may be made again: an instance counts once in a slot.
//   - Slots of a series are put in order. What comes for one that is put already,
//     as from the spool of a single host, is counted as late, by name: then the
//     merged series has no share of it, and each host's own has.
//   - Slots in memory and their sketches are bounded by MaxPending; timings beyond
//     it are refused and counted. A series that nothing waits of is forgotten after
//     an hour, and at once while there are more than twice MaxPending.
//   - Slots that a crash kept from being struck off are put again, which the store
//     refuses as late.
package farm
