package history

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that a zstd file may ask for.
const maxWindow = 128 << 20

// decompress returns what r holds, by its first bytes. done frees what it took.
func decompress(r io.Reader) (plain io.Reader, done func(), err error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		return z, func() {}, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return z, z.Close, nil
	}
	return b, func() {}, nil
}

// scanner cuts lines. One that is too long keeps its begin only.
type scanner struct {
	r       *bufio.Reader
	limit   int
	line    []byte // good until next
	tooLong bool
	lines   int
	err     error // what ended it, if not the end
}

func newScanner(r io.Reader, limit int) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 1<<16), limit: limit}
}

// head returns what stands at the begin, before next was called.
func (s *scanner) head() []byte {
	b, _ := s.r.Peek(1 << 16) // next tells of errors
	return b
}

// next goes to the next line, and reports false at the end.
func (s *scanner) next() bool {
	s.line, s.tooLong = s.line[:0], false
	for got := false; ; got = true {
		piece, err := s.r.ReadSlice('\n')
		if s.take(piece); err == nil {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if !errors.Is(err, io.EOF) {
			s.err = err
			return false
		}
		if !got && len(piece) == 0 {
			return false
		}
		break
	}
	s.line = bytes.TrimRight(s.line, "\r\n")
	if s.lines++; s.lines == 1 {
		s.line = bytes.TrimPrefix(s.line, []byte("\xef\xbb\xbf"))
	}
	return true
}

func (s *scanner) take(piece []byte) {
	if room := s.limit - len(s.line); len(bytes.TrimRight(piece, "\r\n")) > room {
		s.tooLong = true
		piece = piece[:max(room, 0)]
	}
	s.line = append(s.line, piece...)
}
