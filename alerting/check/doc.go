// Package check looks at services from outside, as a user would, and at what
// agents tell of them.
//
//	Check.Probe ─► dial ─► send ─► read, bounded ─► findings ─► Result{State, Summary, Perf}
//	      └──────► Means.Querier (systemd, agent, process of another host) ──┘
//
// Each kind has a file, a part of the configuration under its own key, and
// implements the interface kind. What a probe finds is gathered in findings: the
// worst of them is the state, and all that are not well are told.
//
// What holds:
//   - Each probe is a new connection, so that a stopped server is seen at once.
//     It ends at its timeout, whatever the peer does, and reads at most 1 MB.
//   - A service that cannot be reached is what a probe is for, and no error.
//     Unknown is what the probe could not tell for reasons of our own: no
//     permission, no series, a file of a password that cannot be read. Only a
//     store that does not answer is an error: then nothing was looked at.
//   - No password and no token stands in a
//     summary, even if the peer says it back.
//   - Numbers in Perf have the names of blackbox_exporter, where it has one.
//
// Sources: prometheus/blackbox_exporter prober/*.go for the names; RFC 1035,
// 2308 and 7766 (dns), 792 and 4443 (icmp), 5321 and 3207 (smtp), 2595 (imap,
// pop3), 4217 (ftp).
package check
