package drawing

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Request is a picture to draw.
type Request struct {
	Title         string
	Width, Height int   // of the plot, in pixels; axes and legend come on top
	Start, End    int64 // unix seconds
	CF            string
	SVG           bool // else PNG
	Lines         []Line
}

// Line is one data source of one file.
type Line struct {
	File, DS, Legend string
}

// Bounds of a request.
const (
	MaxLines   = 60
	MaxPixels  = 4000 // of a side
	MinPixels  = 16
	maxText    = 200 // characters of a title or a legend
	maxRequest = 1 << 20
	maxReply   = 32 << 20
)

// Validate reports what cannot be drawn.
func (r Request) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for name, n := range map[string]int{"width": r.Width, "height": r.Height} {
		if n < MinPixels || n > MaxPixels {
			bad("%s: %d is not from %d to %d", name, n, MinPixels, MaxPixels)
		}
	}
	if r.Start < 0 || r.End <= r.Start || r.End > 1<<40 {
		bad("from %d to %d is no time", r.Start, r.End)
	}
	if r.CF != "AVERAGE" && r.CF != "MIN" && r.CF != "MAX" && r.CF != "LAST" {
		bad("%q is none of AVERAGE, MIN, MAX, LAST", r.CF)
	}
	if len(r.Lines) < 1 || len(r.Lines) > MaxLines {
		bad("%d lines, want 1 to %d", len(r.Lines), MaxLines)
	}
	return errors.Join(errs...)
}

// Text is s as it may be shown: what cannot be printed, and the backslash that
// rrdtool takes for a command, are replaced; what is too long is cut.
func Text(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\\':
			return '/'
		case c == unicode.ReplacementChar || !unicode.IsPrint(c):
			return '?'
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	if chars := []rune(s); len(chars) > maxText {
		s = string(chars[:maxText-1]) + "…"
	}
	return s
}

func writeRequest(w io.Writer, r Request) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

// readRequest returns io.EOF when there is no further one.
func readRequest(r io.Reader) (Request, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Request{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxRequest {
		return Request{}, fmt.Errorf("request of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return Request{}, err
	}
	var q Request
	return q, json.Unmarshal(b, &q)
}

// reply is what a helper answers.
type reply struct {
	failed   bool
	resident uint64 // bytes that the helper takes
	body     []byte
}

const replyHead = 1 + 8 + 4

func writeReply(w io.Writer, r reply) error {
	b := make([]byte, 1, replyHead+len(r.body))
	if r.failed {
		b[0] = 1
	}
	b = binary.BigEndian.AppendUint64(b, r.resident)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.body)))
	_, err := w.Write(append(b, r.body...))
	return err
}

func readReply(r io.Reader) (reply, error) {
	var head [replyHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return reply{}, err
	}
	n := binary.BigEndian.Uint32(head[9:])
	if n > maxReply || head[0] > 1 {
		return reply{}, fmt.Errorf("reply of %d bytes", n)
	}
	out := reply{failed: head[0] == 1, resident: binary.BigEndian.Uint64(head[1:]), body: make([]byte, n)}
	_, err := io.ReadFull(r, out.body)
	return out, err
}
