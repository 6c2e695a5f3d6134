package spool

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/sketch"
)

// errRecord means that a record's checksum is right and its content is not.
var errRecord = errors.New("not the record of a second")

// maxLabelBytes is far above what any name has, and below what labels can hold.
const maxLabelBytes = 1 << 20

// reader turns the records of one segment back into seconds.
type reader struct {
	names   map[uint64]*name
	entries []Entry
	orphans uint64 // entries whose name was lost
}

func newReader() *reader { return &reader{names: map[uint64]*name{}} }

// second reads a record. The entries are valid until the next call, what they
// refer to for ever. Of a record that is refused no name is kept.
func (r *reader) second(payload []byte) (at int64, entries []Entry, err error) {
	d := decoder{b: payload}
	if d.byte() != recordSecond {
		return 0, nil, errRecord
	}
	at = d.varint()
	s := secondReader{reader: r, decoder: &d, at: at, fresh: d.uvarint(), before: math.MaxUint64}
	clear(r.entries)
	r.entries = r.entries[:0]
	for range d.count() {
		s.entry()
	}
	if d.bad || len(d.b) > 0 {
		return 0, nil, errRecord
	}
	for i, n := range s.told {
		r.names[s.first()+uint64(i)] = n
	}
	r.orphans += s.orphans
	return at, r.entries, nil
}

// secondReader is the state within one record.
type secondReader struct {
	*reader
	*decoder
	at            int64
	fresh, before uint64
	told          []*name
	orphans       uint64
}

func (s *secondReader) first() uint64 { return s.fresh - uint64(len(s.told)) }

func (s *secondReader) entry() {
	form := s.byte()
	if form&formUnknown != 0 || form&formValue == formValue || form&(formName|formNext) == formName|formNext {
		s.bad = true
	}
	if s.bad {
		return
	}
	n := s.name(form)
	e := Entry{}
	if n != nil {
		e = Entry{Labels: n.labels, Raw: n.raw, Kind: n.kind, Start: n.start}
	}
	s.content(&e, form)
	switch {
	case s.bad:
	case n == nil:
		s.orphans++
	default:
		s.entries = append(s.entries, e)
	}
}

// name returns the name of an entry, nil for one that was lost.
func (s *secondReader) name(form byte) *name {
	switch {
	case form&formName != 0:
		n := s.newName()
		s.before = s.fresh
		s.fresh++
		s.told = append(s.told, n)
		return n
	case form&formNext != 0:
		s.before++
	default:
		s.before = s.uvarint()
	}
	if first := s.first(); s.before >= first && s.before < s.fresh {
		return s.told[s.before-first]
	}
	return s.names[s.before]
}

func (s *secondReader) newName() *name {
	n := &name{kind: s.byte()}
	n.start = s.at - s.varint()
	n.raw = s.string()
	b := labels.NewScratchBuilder(4)
	for range s.count() {
		label, value := s.string(), s.string()
		if len(label) > maxLabelBytes || len(value) > maxLabelBytes {
			s.bad = true
		}
		if s.bad {
			return n
		}
		b.Add(label, value)
	}
	n.labels = b.Labels()
	return n
}

func (s *secondReader) content(e *Entry, form byte) {
	if form&formStart != 0 {
		e.Start = s.at - s.varint()
	}
	switch form & formValue {
	case formWhole:
		e.Value = float64(s.varint())
	case formFloat:
		e.Value = s.float()
	}
	if form&formSketch != 0 {
		e.Sketch = new(sketch.Sketch)
		if e.Sketch.UnmarshalBinary(s.bytes()) != nil {
			s.bad = true
		}
	}
	if form&formMembers != 0 {
		for range s.count() {
			e.Members = append(e.Members, s.string())
		}
	}
}

func decodeMark(payload []byte) (boundary int64, ok bool) {
	d := decoder{b: payload}
	ok = d.byte() == recordMark
	boundary = d.varint()
	return boundary, ok && !d.bad && len(d.b) == 0
}

// decoder takes fields off the front of b; bad stays set from the first that is
// missing.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() {
	d.b, d.bad = nil, true
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float64 {
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return v
}

// count reads the length of a list whose members take at least a byte each.
func (d *decoder) count() int { return len(d.peek()) }

// peek reads a length and returns as many bytes without taking them.
func (d *decoder) peek() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	return d.b[:n]
}

func (d *decoder) bytes() []byte {
	v := d.peek()
	d.b = d.b[len(v):]
	return v
}

func (d *decoder) string() string { return string(d.bytes()) }
