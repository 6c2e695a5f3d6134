package spool

import (
	"errors"
	"math"

	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
)

// errRecord means that a record's checksum is right and its content is not.
var errRecord = errors.New("not the record of a second")

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
	d := wire.NewDecoder(payload)
	if d.Byte() != recordSecond {
		return 0, nil, errRecord
	}
	at = d.Int()
	s := secondReader{reader: r, Decoder: &d, at: at, fresh: d.Uint(), before: math.MaxUint64}
	clear(r.entries)
	r.entries = r.entries[:0]
	for range d.Count() {
		s.entry()
	}
	if d.End() != nil {
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
	*wire.Decoder
	at            int64
	fresh, before uint64
	told          []*name
	orphans       uint64
}

func (s *secondReader) first() uint64 { return s.fresh - uint64(len(s.told)) }

func (s *secondReader) entry() {
	form := s.Byte()
	if form&formUnknown != 0 || form&formValue == formValue || form&(formName|formNext) == formName|formNext {
		s.Fail()
	}
	if s.Err() != nil {
		return
	}
	n := s.name(form)
	e := Entry{}
	if n != nil {
		e = Entry{Labels: n.labels, Raw: n.raw, Kind: n.kind, Start: n.start}
	}
	s.content(&e, form)
	switch {
	case s.Err() != nil:
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
		s.before = s.Uint()
	}
	if first := s.first(); s.before >= first && s.before < s.fresh {
		return s.told[s.before-first]
	}
	return s.names[s.before]
}

func (s *secondReader) newName() *name {
	n := &name{kind: s.Byte()}
	n.start = s.at - s.Int()
	n.raw = s.String()
	n.labels = s.Labels()
	return n
}

func (s *secondReader) content(e *Entry, form byte) {
	if form&formStart != 0 {
		e.Start = s.at - s.Int()
	}
	switch form & formValue {
	case formWhole:
		e.Value = float64(s.Int())
	case formFloat:
		e.Value = s.Float()
	}
	if form&formSketch != 0 {
		e.Sketch = new(sketch.Sketch)
		if e.Sketch.UnmarshalBinary(s.Bytes()) != nil {
			s.Fail()
		}
	}
	if form&formMembers != 0 {
		for range s.Count() {
			e.Members = append(e.Members, s.String())
		}
	}
}

func decodeMark(payload []byte) (boundary int64, ok bool) {
	d := wire.NewDecoder(payload)
	ok = d.Byte() == recordMark
	boundary = d.Int()
	return boundary, ok && d.End() == nil
}
