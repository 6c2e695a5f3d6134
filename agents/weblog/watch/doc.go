// Package watch shows the newest lines of many servers in the order of time, to
// whoever looks, and what occurs most in them.
//
//	Offer ─► held 2 s, by time ─► released, oldest first ─┬─► ring of the last
//	                                                      └─► each tail: filter ─► bounded queue
//
// A line is held back so that one of another server that ended before it, and
// comes after it, is shown before it. One that comes when younger ones were shown
// already is shown at once, and marked late. While nobody looks nothing is held:
// lines go into the ring as they come.
//
// Offer never waits. A tail whose reader is slow loses lines: the next one that
// it gets says how many. No tail hurts another.
//
// The most frequent paths, clients, referrers and user agents of the last five
// minutes are counted by package top, of all lines whether somebody looks or not.
// Other servers' lists, and lines, come by Take; the answer to it says whether
// somebody looks.
package watch
