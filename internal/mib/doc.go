// Package mib knows the names of the objects that Plimsoll polls and of the
// traps that it understands: a table of names and numbers, no parser of MIB
// modules. What it does not know stays a number.
//
//	ifHCInOctets.3  ⇄  1.3.6.1.2.1.31.1.1.1.6.3
//
// Numbers are written without a leading dot. The names and numbers are those of
// SNMPv2-MIB (RFC 3418), IF-MIB (RFC 2863), HOST-RESOURCES-MIB (RFC 2790),
// ENTITY-MIB and ENTITY-SENSOR-MIB (RFC 6933, RFC 3433), UCD-SNMP-MIB and
// NET-SNMP-AGENT-MIB (net-snmp: mibs), and SQUID-MIB (squid: src/mib.txt).
package mib
