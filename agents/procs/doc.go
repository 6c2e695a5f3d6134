// Package procs tells, when it is asked, which processes of this host use the most
// CPU or memory, as top(1) does, from /proc (proc_pid_stat(5), proc_pid_io(5)).
// Nothing is measured while nobody asks, and nothing is stored: the processes of
// a host have no end of names.
//
//	Top ─► /proc/*/stat ─► since the last look, or within one second ─► the n busiest
//	                                                                     └─► user, io
//
// What holds:
//   - The share of the CPU is that between two looks. The look before serves if it
//     is at most a minute old; else Top looks, waits a second and looks again.
//     Who asks again within half a second gets the same answer.
//   - A process is known by its number and its start, so that a new one with an
//     old number is not charged with the old one's time.
//   - Command lines hold passwords: only the name of the command is told, unless
//     Config.Arguments says else, and then at most 200 bytes.
package procs
