// Package line is the grammar of every dialect that counterd reads: one line in,
// its samples, event or check out. It does no I/O, reads no clock, and makes no
// garbage for lines with values.
package line
