package durable

import (
	"errors"
	"fmt"
	"io"
)

// Position is a place in a journal: an offset in a segment, between two records.
type Position struct {
	Segment uint64
	Offset  int64
}

// Chunk is what Read found: Records lie before Next, UnreadBytes is damage that
// was passed over on the way.
type Chunk struct {
	Records     [][]byte
	Next        Position
	UnreadBytes int64
}

// Read returns the whole records of one segment from p on, about limit bytes of
// them but at least one, if there is one. When the segment of p has no more, or
// is gone, the next one that is there is read from its begin. It may run beside
// Append, and sees only records whose Append has returned.
func (j *Journal) Read(p Position, limit int64) (Chunk, error) {
	at, size, found := j.seek(p)
	if !found {
		return Chunk{Next: at}, nil
	}
	for want := min(limit, size-at.Offset); ; want = size - at.Offset {
		data := make([]byte, want)
		n, err := j.cfg.FS.ReadAt(j.path(at.Segment), data, at.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return Chunk{Next: at}, fmt.Errorf("read journal segment %d: %w", at.Segment, err)
		}
		c := chunk(data[:n], at)
		if len(c.Records) > 0 {
			return c, nil
		}
		if want == size-at.Offset { // nothing whole is left in the segment
			return chunkOfDamage(data[:n], Position{at.Segment, size}), nil
		}
	}
}

// chunk takes whole records off the front of data, which stands at p.
func chunk(data []byte, p Position) Chunk {
	c := Chunk{Next: p}
	for size := recordAt(data); size > 0; size = recordAt(data) {
		c.Records = append(c.Records, data[headerBytes:size])
		c.Next.Offset += int64(size)
		data = data[size:]
	}
	return c
}

// chunkOfDamage finds what is whole in the rest of a segment that ends at end.
func chunkOfDamage(data []byte, end Position) Chunk {
	s := scan(data)
	c := Chunk{Next: end, UnreadBytes: s.unread}
	for _, r := range s.records {
		c.Records = append(c.Records, r[headerBytes:])
	}
	return c
}

// seek returns the first place from p on that has something to read, and the
// size of its segment.
func (j *Journal) seek(p Position) (Position, int64, bool) {
	for _, n := range j.numbers() {
		if n < p.Segment {
			continue
		}
		from := int64(0)
		if n == p.Segment {
			from = p.Offset
		}
		if size := j.sizeOf(n); size > from {
			return Position{n, from}, size, true
		}
	}
	return p, 0, false
}

// Oldest returns the number of the oldest segment on disk, and whether it is
// complete: nothing will be appended to it any more.
func (j *Journal) Oldest() (n uint64, complete bool) {
	numbers := j.numbers()
	if len(numbers) == 0 {
		return 0, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return numbers[0], numbers[0] < j.n
}
