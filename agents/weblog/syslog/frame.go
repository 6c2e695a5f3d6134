package syslog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrFrame says that a stream cannot be followed any further.
var ErrFrame = errors.New("no syslog frame")

// maxDigits bounds the length of a frame that counts its octets.
const maxDigits = 7

// frames reads a stream, message by message.
type frames struct {
	in      *bufio.Reader
	limit   int
	tooLong func()
}

func newFrames(in io.Reader, limit int, tooLong func()) *frames {
	return &frames{in: bufio.NewReaderSize(in, 16<<10), limit: limit, tooLong: tooLong}
}

// next returns the next message, which is not empty. At the end of the stream it
// returns what is there without an end, if it is no counted frame, and io.EOF
// after it.
func (f *frames) next() (string, error) {
	for {
		first, err := f.in.Peek(1)
		if err != nil {
			return "", err
		}
		var msg []byte
		if first[0] >= '1' && first[0] <= '9' {
			msg, err = f.counted()
		} else {
			msg, err = f.line()
		}
		if len(msg) > 0 || err != nil {
			return string(msg), err
		}
	}
}

// counted reads a frame that begins with its length.
func (f *frames) counted() ([]byte, error) {
	n := 0
	for range maxDigits + 1 {
		c, err := f.in.ReadByte()
		switch {
		case err != nil:
			return nil, err
		case c == ' ':
			return f.octets(n)
		case c < '0' || c > '9':
			return nil, fmt.Errorf("%w: %q in its length", ErrFrame, c)
		}
		n = n*10 + int(c-'0')
	}
	return nil, fmt.Errorf("%w: its length has more than %d digits", ErrFrame, maxDigits)
}

// octets reads n bytes; a frame that is too long is passed over.
func (f *frames) octets(n int) ([]byte, error) {
	if n > f.limit {
		f.tooLong()
		_, err := io.CopyN(io.Discard, f.in, int64(n))
		return nil, err
	}
	msg := make([]byte, n)
	_, err := io.ReadFull(f.in, msg)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	return msg, nil
}

// line reads up to a line feed or NUL; a line that is too long is passed over.
func (f *frames) line() ([]byte, error) {
	var msg []byte
	long := false
	for {
		c, err := f.in.ReadByte()
		if err != nil && len(msg) > 0 && !long {
			return msg, nil // the last one; the next call tells of the end
		}
		if err != nil {
			return nil, err
		}
		if c == '\n' || c == 0 {
			if long {
				return nil, nil
			}
			return msg, nil
		}
		if len(msg) == f.limit && !long {
			long, msg = true, nil
			f.tooLong()
		}
		if !long {
			msg = append(msg, c)
		}
	}
}
