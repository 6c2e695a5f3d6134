// Package procfs reads what Linux tells of processes below /proc
// (proc_pid_stat(5), proc_pid_cmdline(5)), and picks processes by what they are.
//
//	Dir.PIDs ─► Dir.Stat ─► Picker.Picks ── user, command line: read only if asked for
//
// What holds:
//   - A process that ended between two reads is no error: it is left out.
//   - Command lines are cut at a bound. They hold passwords: they are compared,
//     and shown to nobody unless a caller says so.
package procfs
