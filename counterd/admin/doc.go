// Package admin answers the words that etsy's statsd answers on TCP port 8126,
// so that the scripts and checks which people have for it go on working.
//
// One line is one word with its arguments; source of the words and of the form
// of the answers: statsd/statsd:lib/mgmt_console.js.
//
//	help                    the words
//	config                  what the daemon was started with
//	health [up|down]        "health: up"; up and down set what is answered
//	stats                   group.figure: number
//	counters timers         an object of raw names: what the open interval brought
//	gauges sets             and what gauges stand at; of timers, a summary in ms
//	delcounters NAME…       forgets series; a.b.* means all below a.b
//	deltimers delgauges delsets
//	quit                    closes the connection
//
// Answers end with END and an empty line, but for help, health and errors, as
// etsy's do. An object is JSON here, with a name on each line. A name that has
// tags is written NAME|#TAGS; a del… word takes it so, or as NAME for all tags.
//
// An answer has what the lines brought up to the daemon's next tick, for which it
// waits: at most a second and a little. Nothing here can hold up the daemon: an
// answer is a copy before it is written, connections and answers under way are
// bounded, and who does not read is cut off.
package admin
