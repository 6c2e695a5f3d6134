// Package agent wires plimsoll-agent together: what measures this host and the
// servers on it, the counter daemon for its applications, the spool, and what
// sends to the collector.
//
//	targets ─► Runner ──────────────────┐
//	                                    ├─► spool ─► remote write ─► collector
//	applications ─► counterd ─► labels ─┤   (disk)
//	access logs ─► weblog ──────────────┘
//
// It owns the configuration file. Reload takes over new targets and collectors
// and restarts what measures; the spool, the counter daemon and what they hold go
// on. Anything else needs a restart of the program, which loses nothing either.
//
// At the end inputs stop first: the last round and the open interval of the
// counters go into the spool, and the spool has a moment to send. What it could
// not send is sent by the next process.
package agent
