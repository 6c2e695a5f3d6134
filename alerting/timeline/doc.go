// Package timeline runs stories of what happens and who is told of it: the whole
// engine, with its ledger, on a clock of the story's, in seconds.
//
//	rules:                                  the alerting part of a configuration;
//	  - {name: Busy, expr: load > 8,        contacts need no channel
//	     for: 2m, interval: 15s}
//	contacts: [{name: ops}]
//	---
//	# both may be left out: the start, and the time between two samples
//	start 2026-01-05T00:00:00Z
//	every 15s
//	load load{instance="a"} 1x19 9x40 1x20
//	# what happens, in order of time
//	at 6m expect nothing
//	at 8m expect ops problem Busy@a
//	at 9m ack Busy ops
//	at 20m expect ops recovery Busy
//
// The head is decoded as strictly as plimsoll.yml. The lines are
//
//	set SERIES VALUE, drop SERIES         a series from now on, and its end
//	check NAME… STATE ["TEXT"]            up, down, warning or unknown
//	checks up|down                        all of them
//	store up|down                         down: queries fail
//	host NAME up|silent|retired           as the collector sees hosts
//	contact NAME up|down|refuses          refuses: for good
//	report NAME[@HOST] STATE              a passive check: ok, warning, critical, unknown
//	silence|downtime MATCHERS FOR [FLEXIBLE], end
//	ack NAME BY [FOR] [sticky], unack NAME BY
//	override ROTA CONTACT FOR
//	remove NAME                           a check, rule or service, by a reload
//	restart                               the engine is closed and opened again
//	expect nothing
//	expect CONTACT EVENT NAME[@INSTANCE], CONTACT [EVENT NAME; EVENT NAME]
//	expect state NAME STATE soft|hard [flapping], expect state NAME gone
//	expect holds NAME [KIND…]
//
// EVENT is problem, update, recovery, closed or info, and brackets hold a message
// that was joined of several. INSTANCE is the label instance or host. Words with
// spaces are quoted.
//
// Invariants:
//   - Nothing goes out: no contact is reached, no check connects anywhere or runs
//     a program. Those that ask series (agent, systemd, process of a group) look at
//     the story's; all others are up until a line says otherwise.
//   - What happens at an instant happens before the looks of that second.
//   - An expectation of messages is of all that came since the last one, and what
//     comes after the last one is a failure.
//   - Errors and failures begin with FILE:LINE.
package timeline
