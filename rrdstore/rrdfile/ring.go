package rrdfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// ring is where an archive's rows lie in a file.
type ring struct {
	offset int64 // of row 0
	rows   int64
	width  int // data sources
}

// ringsOf are the rings of a schema, archive by archive.
func ringsOf(s *Schema) []ring {
	at := layoutOf(len(s.DS), len(s.RRA)).rows
	rings := make([]ring, len(s.RRA))
	for i, a := range s.RRA {
		rings[i] = ring{offset: at, rows: a.Rows, width: len(s.DS)}
		at += 8 * int64(len(s.DS)) * a.Rows
	}
	return rings
}

// runs calls do for the one or two contiguous parts of n rows from row first
// on, around the end: with their offset and the rows done before.
func (r ring) runs(first, n int64, do func(at, done, n int64) error) error {
	for done := int64(0); done < n; {
		row := (first + done) % r.rows
		part := min(n-done, r.rows-row)
		if err := do(r.offset+8*int64(r.width)*row, done, part); err != nil {
			return err
		}
		done += part
	}
	return nil
}

// read fills out, which is empty with room for n rows, from row first on.
func (r ring) read(f io.ReaderAt, first, n int64, out []float64) ([]float64, error) {
	buf := make([]byte, 8*int64(r.width)*n)
	err := r.runs(first, n, func(at, done, part int64) error {
		b := buf[8*int64(r.width)*done:][:8*int64(r.width)*part]
		if _, err := f.ReadAt(b, at); err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		return nil
	})
	for i := 0; i < len(buf) && err == nil; i += 8 {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(buf[i:])))
	}
	return out, err
}

// stage holds the rows completed for one archive but not yet written.
type stage struct {
	ring
	values []float64 // the newest rows, oldest first
}

// add takes n rows: one of the primary values, the others of the secondary.
func (s *stage) add(n int64, c []cdp) {
	for i := range c {
		s.values = append(s.values, c[i].primary)
	}
	for ; n > 1; n-- {
		for i := range c {
			s.values = append(s.values, c[i].secondary)
		}
	}
	if keep := int(s.rows) * s.width; len(s.values) > 2*keep {
		s.values = s.values[:copy(s.values, s.values[len(s.values)-keep:])]
	}
}

// trim drops what the ring cannot hold and returns how many rows are left.
func (s *stage) trim() int64 {
	n := min(int64(len(s.values)/s.width), s.rows)
	s.values = s.values[len(s.values)-int(n)*s.width:]
	return n
}

// write puts the rows where the newest one is at row newest, and forgets them.
// buf is scratch memory, given back grown.
func (s *stage) write(f io.WriterAt, newest int64, buf []byte) ([]byte, error) {
	n := s.trim()
	buf = buf[:0]
	for _, v := range s.values {
		buf = binary.LittleEndian.AppendUint64(buf, bitsOf(v))
	}
	return buf, s.runs((newest-n+1+s.rows)%s.rows, n, func(at, done, part int64) error {
		b := buf[8*int64(s.width)*done:][:8*int64(s.width)*part]
		if _, err := f.WriteAt(b, at); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
		return nil
	})
}
