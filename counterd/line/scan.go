package line

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Eight bytes are looked at in one word. A mark is the high bit of a byte; of
// the marks in a word the lowest is always right, those above it may be false,
// since a subtraction borrows from the next byte.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// endMarks marks the bytes that no plain name has: controls, ':', and all from
// '|' on ('}' and '~' are plain, but rare).
func endMarks(w uint64) uint64 {
	colon := w ^ ':'*ones
	return ((w-0x20*ones)&^w | (colon-ones)&^colon | (w + 4*ones) | w) & highs
}

// dirtyMarks marks controls, DEL and what is not ASCII.
func dirtyMarks(w uint64) uint64 {
	return ((w-0x20*ones)&^w | (w + ones) | w) & highs
}

// nameEnd returns the index of the first byte of b that endMarks marks, or len(b).
func nameEnd(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if m := endMarks(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	if i == len(b) {
		return i
	}
	if i > 0 { // the last eight, of which the first are known to be plain
		i = len(b) - 8
		if m := endMarks(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		return len(b)
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < '|' && b[i] != ':' {
		i++
	}
	return i
}

// isASCII reports whether b is printable ASCII, which most lines are.
func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if dirtyMarks(binary.LittleEndian.Uint64(b)) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// hasControl reports whether b holds a control character other than allowed.
func hasControl(b []byte, allowed byte) bool {
	for _, c := range b {
		if (c < 0x20 || c == 0x7f) && c != allowed {
			return true
		}
	}
	return false
}

// cut is bytes.Cut with one byte to look for, which is faster.
func cut(b []byte, sep byte) (before, after []byte, found bool) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}

// trim drops spaces at both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// Next takes the first line off what was received: up to LF or the end, without
// the CR before it and without spaces at both ends. An empty line is nothing.
func Next(b []byte) (line, rest []byte) {
	line, rest, _ = cut(b, '\n')
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return trim(line), rest
}
