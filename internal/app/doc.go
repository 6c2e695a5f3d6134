// Package app is the wiring: it alone knows every part of the product, reads
// the configuration file, starts the parts and stops them in the order in
// which data flows.
//
//	bind    the sockets of pages and counters
//	start   store → alerting, collector → counterd, agents, dashboard
//	stop    counterd, agents, dashboard (inputs) → collector, alerting → store
//
// Stopping is draining: each part's Run returns when what it had accepted has
// been handed on, so that the store, which stops last, has everything. A process
// that takes over from another reads the counters before all else: see HandOver.
package app
