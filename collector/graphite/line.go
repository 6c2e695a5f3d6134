package graphite

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// Why a line is refused.
const (
	reasonFields  = "not three fields"
	reasonPath    = "bad path"
	reasonTags    = "bad tags"
	reasonValue   = "not a number"
	reasonTime    = "bad time"
	reasonLong    = "line too long"
	reasonCut     = "cut off"
	reasonPickle  = "pickle"
	reasonDropped = "no room"
)

// Line is one line.
type Line struct {
	Path  []byte // with its tags; of the text that was parsed
	Value float64
	At    int64 // Unix milliseconds
}

// None says that the line tells of no value.
func (l Line) None() bool { return math.IsNaN(l.Value) || math.IsInf(l.Value, 0) }

// maxSeconds is the time up to which seconds are believed, in the year 2286: what is
// greater was meant in milliseconds, perhaps.
const maxSeconds = 1e10

// Parse reads a line without its end. The reason is "" for a good one.
func Parse(text []byte, now time.Time) (l Line, reason string) {
	var fields [4][]byte
	n := split(text, fields[:])
	if n != 3 {
		return l, reasonFields
	}
	l.Path = fields[0]
	value, err := strconv.ParseFloat(string(fields[1]), 64)
	if err != nil && !math.IsInf(value, 0) {
		return l, reasonValue
	}
	l.Value = value
	seconds, err := strconv.ParseFloat(string(fields[2]), 64)
	switch {
	case err != nil || !(seconds >= 0 && seconds < maxSeconds) && seconds != -1:
		return l, reasonTime
	case seconds == -1:
		l.At = now.UnixMilli()
	default:
		l.At = int64(math.Floor(seconds * 1000))
	}
	return l, ""
}

// split puts the fields of text into out, up to its length, and returns how many
// there are.
func split(text []byte, out [][]byte) (n int) {
	for n < len(out) {
		text = bytes.TrimLeft(text, " \t\r")
		if len(text) == 0 {
			return n
		}
		end := bytes.IndexAny(text, " \t\r")
		if end < 0 {
			end = len(text)
		}
		out[n], text = text[:end], text[end:]
		n++
	}
	return n
}
