// Package check looks at services from outside, as a user would: it asks a web
// server for a page, or opens a TCP connection and talks a line.
//
//	Check.Probe ─► dial ─► send ─► read at most 1 MB ─► Result{OK, Summary}
//
// Each probe is a new connection, so that a stopped server is seen at once, and
// ends at its timeout whatever the peer does. A probe never returns an error: a
// service that cannot be reached is what a probe is for.
package check
