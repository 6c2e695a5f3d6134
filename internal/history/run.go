package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"plimsoll/internal/sketch"
)

// run is a part of the file with cells in order. A cell is
//
//	uvarint id<<1 │ varint at │ value, 8 bytes little-endian
//	uvarint id<<1|1 │ varint at │ uvarint n │ n bytes of a sketch
type run struct{ begin, size int64 }

func writeRun(w io.Writer, cells []cell) (int64, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	size := int64(0)
	var b, sketched []byte
	for _, c := range cells {
		kind := uint64(0)
		if c.sketch != nil {
			kind = 1
		}
		b = binary.AppendVarint(binary.AppendUvarint(b[:0], uint64(c.id)<<1|kind), c.at)
		if c.sketch == nil {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.value))
		} else {
			var err error
			if sketched, err = c.sketch.AppendBinary(sketched[:0]); err != nil {
				return 0, err
			}
			b = append(binary.AppendUvarint(b, uint64(len(sketched))), sketched...)
		}
		if _, err := out.Write(b); err != nil {
			return 0, err
		}
		size += int64(len(b))
	}
	return size, out.Flush()
}

// A source gives cells in order; ok is false at its end.
type source func() (c cell, ok bool, err error)

func openRun(file io.ReaderAt, r run) source {
	in := bufio.NewReaderSize(io.NewSectionReader(file, r.begin, r.size), 1<<14)
	return func() (cell, bool, error) {
		c, err := readCell(in)
		if errors.Is(err, io.EOF) {
			return cell{}, false, nil
		}
		if err != nil {
			return cell{}, false, fmt.Errorf("read what was put aside: %w", err)
		}
		return c, true, nil
	}
}

// readCell returns io.EOF only where a cell would begin.
func readCell(in *bufio.Reader) (cell, error) {
	head, err := binary.ReadUvarint(in)
	if err != nil {
		return cell{}, err
	}
	c := cell{id: uint32(head >> 1)}
	if c.at, err = binary.ReadVarint(in); err != nil {
		return c, unexpected(err)
	}
	if head&1 == 0 {
		var b [8]byte
		_, err = io.ReadFull(in, b[:])
		c.value = math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
		return c, unexpected(err)
	}
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return c, unexpected(err)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return c, unexpected(err)
	}
	c.sketch = new(sketch.Sketch)
	return c, c.sketch.UnmarshalBinary(b)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
