// Package listen is where datagrams and streams of counter lines come from: UDP,
// TCP and Unix sockets, with allow-lists and signed senders.
package listen
