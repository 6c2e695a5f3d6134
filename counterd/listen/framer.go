package listen

import (
	"bytes"

	"plimsoll/counterd/line"
)

// leastFrame is the least buffer of a connection.
const leastFrame = 16 << 10

// maxShown is how much of a line that is too long goes to take, for the list of
// bad lines.
const maxShown = 200

// framer cuts a stream into pieces of whole lines and keeps the rest for later.
type framer struct {
	buf      []byte
	used     int    // bytes of buf that hold the beginning of a line
	tail     []byte // what settle keeps for it
	maxLine  int    // without its LF
	skipping bool   // within a line that was too long and is refused already
	pieces   []Datagram
	long     uint64 // lines that were too long
}

func newFramer(maxLine int) *framer {
	return &framer{buf: make([]byte, max(leastFrame, maxLine+1)), maxLine: maxLine}
}

// space is where the next n bytes are to be read to; it is never empty.
func (f *framer) space() []byte { return f.buf[f.used:] }

// add takes the n bytes that were read to space. What it returns is good until
// settle.
func (f *framer) add(n int) []Datagram {
	f.pieces = f.pieces[:0]
	data := f.buf[:f.used+n]
	begin := 0 // of the piece
	for at := 0; ; {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			f.piece(data[begin:at])
			f.rest(data[at:])
			return f.pieces
		}
		next := at + end + 1
		if f.skipping || end > f.maxLine {
			f.piece(data[begin:at])
			f.tooLong(data[at : next-1])
			f.skipping = false
			begin = next
		}
		at = next
	}
}

// piece gives whole lines.
func (f *framer) piece(data []byte) {
	if len(data) > 0 {
		f.pieces = append(f.pieces, Datagram{Data: data})
	}
}

// tooLong refuses a line, once.
func (f *framer) tooLong(text []byte) {
	if f.skipping {
		return
	}
	f.skipping = true
	f.long++
	f.pieces = append(f.pieces, Datagram{Data: text[:min(len(text), maxShown)], Refused: line.BadStream})
}

// rest leaves the beginning of a line to settle, or refuses it.
func (f *framer) rest(text []byte) {
	if !f.skipping && len(text) > f.maxLine {
		f.tooLong(text)
	}
	f.tail = text
	if f.skipping {
		f.tail = nil
	}
}

// settle makes room for more; the pieces are gone then.
func (f *framer) settle() { f.used = copy(f.buf, f.tail) }

// end returns the line that has no LF when the connection is closed. Where its
// sender did not close it, the line may lack its end and is refused.
func (f *framer) end(closed bool) []Datagram {
	f.pieces = f.pieces[:0]
	if f.used == 0 {
		return nil
	}
	d := Datagram{Data: f.buf[:f.used]}
	if !closed {
		d.Refused = line.BadStream
	}
	f.used = 0
	return append(f.pieces, d)
}
