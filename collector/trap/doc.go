// Package trap receives traps and informs of SNMP, versions 1, 2c and 3.
//
//	datagram ─► bucket of its source ─► decode, who is it? ─► notice ─┬─► event
//	               (dropped, counted)      │                          ├─► problem opened or ended
//	                                       └─► INFORM: answer         └─► poll of the device
//
// A notice has the shape of version 2, whatever it came as: the number of the
// trap, its name if that is known, and its objects by name or number. Traps of
// version 1 are mapped as RFC 3584 3.1 says: the generic ones to
// 1.3.6.1.6.3.1.1.5.(n+1), those of enterprises to enterprise.0.specific.
//
// What holds:
//
//   - A source has a bucket: what is over its rate is dropped before it is
//     decoded. So one that floods costs little, and nobody else anything.
//   - An INFORM is answered each time it comes, and counts once: the same id from
//     the same address and port within five minutes is a repetition.
//   - The device is what the trap names, agent-addr of version 1 or
//     snmpTrapAddress, if that is not 0.0.0.0; else the sender's address. An
//     event has both. The name is the poller's, if it polls that device.
//   - Versions 1 and 2c need a community of the list; version 3 a user, with what
//     is configured for him, never less. The sender of a trap is his own
//     authority: his engine is learnt, and what is older than what was heard of
//     it is a replay (RFC 3414 3.2.7b). For an INFORM we are the authority: we
//     answer the discovery of our engine and the question for its time, and
//     refuse what is 150 s off (3.2.7a). snmpEngineID and snmpEngineBoots are
//     kept in traps.json in the data directory.
//   - A pair of traps, such as linkDown and linkUp, opens and ends one problem by
//     device and instance, a passive check. linkDown of an interface that is
//     switched off (ifAdminStatus) is none. Open problems are kept in traps.json
//     and told again each minute, lest the check be taken for silent. A poll that
//     finds the interface up ends a problem whose linkUp was lost.
//
// Sources: RFC 1157, RFC 3416 4.2.6 and 4.2.7, RFC 3584 3.1, RFC 3414;
// influxdata/telegraf plugins/inputs/snmp_trap.
//
// BUG: how many datagrams the kernel dropped is not told. When a new process takes
// over (kill -USR2), traps of the second in between are lost; informs come again.
package trap
