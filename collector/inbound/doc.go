// Package inbound takes requests of senders within bounds: how many run at a
// time, how many bytes one has, packed and unpacked, and how long it may take to
// arrive. Receivers over HTTP share it.
//
//	request ─► Gate.Enter ─► Read: bytes, packed and unpacked ─► parse ─► Gate.Leave
package inbound
