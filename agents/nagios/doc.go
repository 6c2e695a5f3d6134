// Package nagios runs plugins that were made for Nagios: any program that tells
// by its exit code how things are, and on its standard output what it saw.
//
//	command ─► process group ─► exit code, output ─► nagios_check_state{check}
//	              │ killed at the deadline      │    nagios_perfdata…{check,label}
//	              ▼                             └──► metric.CheckSink: an alert, and its end
//	          nothing of it is left
//
// # What holds
//
//   - Output and exit codes are read, and the command is run, as package
//     internal/plugin says.
//   - A plugin that says "critical" was measured well: up is 1 for it.
package nagios
