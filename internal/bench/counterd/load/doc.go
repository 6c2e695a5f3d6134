// Package load makes counter lines and sends them to a daemon on this machine:
// as fast as it can, or paced. All datagrams stand ready in memory before the
// first is sent, so that the sender costs little more than its system calls.
//
// With GSO one sendmsg(2) carries up to 64 datagrams of equal length, which the
// kernel cuts (udp(7), UDP_SEGMENT). That is how a receiver can be brought to
// its limit from one core.
package load
