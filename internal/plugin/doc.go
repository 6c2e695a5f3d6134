// Package plugin runs programs that were made for Nagios: they tell by their exit
// code how things are, and on their standard output what they saw.
//
//	Command ─► process group ─► exit code, output ─► Report{State, Text, Perf}
//	              │ killed at the deadline
//	              ▼
//	          nothing of it is left
//
// # Output
//
//	TEXT | perfdata
//	long text …
//	long text | perfdata, from here to the end
//	perfdata
//
//	perfdata = label=value[unit];[warn];[crit];[min];[max], separated by spaces
//
// A label with spaces or = stands in quotes, a quote in it twice. A value U is not
// known. Units become those of Prometheus, and stand in the name:
//
//	s ms us ns            nagios_perfdata_seconds
//	B KB MB GB TB         nagios_perfdata_bytes          1 KB is 1,024 bytes; KiB … too
//	%                     nagios_perfdata_percent
//	c                     nagios_perfdata_total          a counter
//	none, and any other   nagios_perfdata                the other in the label unit
//
// # What holds
//
//   - State is 0 for OK, 1 warning, 2 critical, 3 unknown: the exit code. Any
//     other code, a signal and a command that cannot be run are critical, as in
//     Nagios; so is a deadline that passed, unless TimeoutState says else.
//   - The command is run without a shell, with nothing of our environment but
//     PATH, in a process group of its own, which is killed as a whole.
//   - Of the output 64 KiB are read, of perfdata 200 values kept; what is no
//     perfdata is an error that quotes it, and the rest is kept.
//
// Sources: monitoring-plugins/monitoring-plugins doc/developer-guidelines.sgml,
// NagiosEnterprises/nagioscore base/checks.c.
package plugin
