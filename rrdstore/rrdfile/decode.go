package rrdfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrFormat is wrapped by every error that says a file is not, or no longer, a
// round-robin file that this package can keep.
var ErrFormat = errors.New("not a usable round-robin file")

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

// readHeader reads and checks everything before the rows. The memory it takes
// is bounded by size.
func readHeader(r io.ReaderAt, size int64) (*Schema, []byte, error) {
	if size < statBytes {
		return nil, nil, formatError("%d bytes", size)
	}
	stat := make([]byte, statBytes)
	if _, err := r.ReadAt(stat, 0); err != nil {
		return nil, nil, fmt.Errorf("read header: %w", err)
	}
	ds, rra, err := decodeStat(stat)
	if err != nil {
		return nil, nil, err
	}
	l := layoutOf(ds, rra)
	if l.rows > size {
		return nil, nil, formatError("header of %d bytes in a file of %d", l.rows, size)
	}
	head := make([]byte, l.rows)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, nil, fmt.Errorf("read header: %w", err)
	}
	schema := decodeSchema(head, ds, rra)
	if err := schema.Validate(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err := schema.checkSize(size); err != nil {
		return nil, nil, err
	}
	return schema, head, nil
}

// checkSize compares the size a file has with the one it must have, without
// overflow on absurd row counts.
func (s *Schema) checkSize(size int64) error {
	for i, r := range s.RRA {
		if r.Rows > size/int64(8*len(s.DS)) {
			return formatError("archive %d: %d rows in a file of %d bytes", i, r.Rows, size)
		}
	}
	if want := s.FileBytes(); want != size {
		return formatError("%d bytes, want %d", size, want)
	}
	return nil
}

func decodeStat(b []byte) (ds, rra int, err error) {
	nDS, nRRA := u64(b, 24), u64(b, 32)
	switch {
	case string(b[:4]) != cookie:
		return 0, 0, formatError("cookie %q", b[:4])
	case string(b[4:9]) != version:
		return 0, 0, formatError("version %q", text(b[4:9]))
	case f64(b, 16) != floatCookie:
		return 0, 0, formatError("float cookie %x", b[16:24])
	case nDS < 1 || nDS > maxDS:
		return 0, 0, formatError("%d data sources", nDS)
	case nRRA < 1 || nRRA > maxRRA:
		return 0, 0, formatError("%d archives", nRRA)
	}
	return int(nDS), int(nRRA), nil
}

func decodeSchema(head []byte, ds, rra int) *Schema {
	l := layoutOf(ds, rra)
	s := &Schema{Step: i64(head, 40), DS: make([]DS, ds), RRA: make([]RRA, rra)}
	for i := range s.DS {
		b := head[l.ds+dsBytes*int64(i):]
		s.DS[i] = DS{
			Name: text(b[:20]), Type: text(b[20:40]),
			Heartbeat: i64(b, 40), Min: f64(b, 48), Max: f64(b, 56),
		}
	}
	for i := range s.RRA {
		b := head[l.rra+rraBytes*int64(i):]
		s.RRA[i] = RRA{CF: text(b[:20]), Rows: i64(b, 24), Steps: i64(b, 32), XFF: f64(b, 40)}
	}
	return s
}

// decodeState reads the header region, which is as long as the schema says.
func decodeState(s *Schema, b []byte) (state, error) {
	l := layoutOf(len(s.DS), len(s.RRA))
	st := newState(len(s.DS), len(s.RRA))
	st.sec, st.usec = i64(b, 0), i64(b, 8)
	if st.sec < 0 || st.sec > maxSeconds || st.usec < 0 || st.usec >= 1e6 {
		return st, formatError("last update at %d s and %d µs", st.sec, st.usec)
	}
	for i := range st.pdp {
		p := b[l.pdp-l.live+pdpBytes*int64(i):]
		st.pdp[i] = pdp{text: text(p[:lastBytes]), unknown: u64(p, 32), value: f64(p, 40)}
	}
	for i := range st.cdp {
		c := b[l.cdp-l.live+cdpBytes*int64(i):]
		st.cdp[i] = cdp{value: f64(c, 0), unknown: u64(c, 8), primary: f64(c, 64), secondary: f64(c, 72)}
	}
	for i := range st.row {
		st.row[i] = i64(b, int(l.pointers-l.live)+pointerBytes*i)
		if st.row[i] < 0 || st.row[i] >= s.RRA[i].Rows {
			return st, formatError("archive %d: newest row %d of %d", i, st.row[i], s.RRA[i].Rows)
		}
	}
	return st, nil
}

func u64(b []byte, at int) uint64  { return binary.LittleEndian.Uint64(b[at:]) }
func i64(b []byte, at int) int64   { return int64(u64(b, at)) }
func f64(b []byte, at int) float64 { return math.Float64frombits(u64(b, at)) }

// text is a C string that may fill its field.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
