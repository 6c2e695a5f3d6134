package spool

import (
	"encoding/binary"
	"fmt"
	"math"

	"plimsoll/internal/wire"
)

const (
	recordMark   = 'D'
	recordSecond = 'S'
)

// The bits of an entry's form.
const (
	formName    = 1 << 0
	formNext    = 1 << 1
	formWhole   = 1 << 2
	formFloat   = 2 << 2
	formValue   = 3 << 2
	formStart   = 1 << 4
	formSketch  = 1 << 5
	formMembers = 1 << 6
	formUnknown = 1 << 7
)

func appendMark(b []byte, boundary int64) []byte {
	return binary.AppendVarint(append(b, recordMark), boundary)
}

// encoder turns seconds into records. It is used again and again.
type encoder struct {
	table  table
	b      []byte
	sketch []byte

	written, told int64 // bytes in this segment, and of names among them
}

// begin begins a segment: no name is known there.
func (c *encoder) begin() {
	c.table.begin()
	c.written, c.told = 0, 0
}

// second returns the record of a second, valid until the next call.
func (c *encoder) second(at int64, entries []Entry) ([]byte, error) {
	c.b = binary.AppendVarint(append(c.b[:0], recordSecond), at)
	c.b = binary.AppendUvarint(c.b, uint64(len(c.table.names)))
	c.b = binary.AppendUvarint(c.b, uint64(len(entries)))
	before := int64(-1)
	for i := range entries {
		ref, err := c.entry(at, &entries[i], before)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", entries[i].Labels, err)
		}
		c.table.follow(before, ref)
		before = int64(ref)
	}
	c.written += int64(len(c.b))
	return c.b, nil
}

// trim gives back the memory of a record that was uncommonly long.
func (c *encoder) trim() {
	if cap(c.b) > keptBytes {
		c.b = nil
	}
}

const keptBytes = 4 << 20

func (c *encoder) entry(at int64, e *Entry, before int64) (ref uint32, err error) {
	ref, known := c.table.find(e, c.table.guess(before))
	if !known {
		ref = c.table.add(e)
	}
	form := c.form(e, ref, known, before)
	c.b = append(c.b, form)
	if form&formName != 0 {
		c.name(at, e)
	}
	if form&(formName|formNext) == 0 {
		c.b = binary.AppendUvarint(c.b, uint64(ref))
	}
	return ref, c.content(at, e, form)
}

func (c *encoder) form(e *Entry, ref uint32, known bool, before int64) byte {
	form := valueForm(e.Value)
	switch {
	case !known:
		form |= formName
	case int64(ref) == before+1:
		form |= formNext
	}
	if e.Start != c.table.names[ref].start {
		form |= formStart
	}
	if e.Sketch != nil {
		form |= formSketch
	}
	if len(e.Members) > 0 {
		form |= formMembers
	}
	return form
}

func (c *encoder) name(at int64, e *Entry) {
	before := len(c.b)
	b := binary.AppendVarint(append(c.b, e.Kind), at-e.Start)
	b = wire.AppendString(b, e.Raw)
	c.b = wire.AppendLabels(b, e.Labels)
	c.told += int64(len(c.b) - before)
}

func (c *encoder) content(at int64, e *Entry, form byte) (err error) {
	if form&formStart != 0 {
		c.b = binary.AppendVarint(c.b, at-e.Start)
	}
	switch form & formValue {
	case formWhole:
		c.b = binary.AppendVarint(c.b, int64(e.Value))
	case formFloat:
		c.b = wire.AppendFloat(c.b, e.Value)
	}
	if form&formSketch != 0 {
		if c.sketch, err = e.Sketch.AppendBinary(c.sketch[:0]); err != nil {
			return err
		}
		c.b = wire.AppendString(c.b, c.sketch)
	}
	if form&formMembers != 0 {
		c.b = binary.AppendUvarint(c.b, uint64(len(e.Members)))
		for _, m := range e.Members {
			c.b = wire.AppendString(c.b, m)
		}
	}
	return nil
}

// valueForm keeps every bit of v, the sign of zero among them.
func valueForm(v float64) byte {
	switch {
	case math.Float64bits(v) == 0:
		return 0
	case v == math.Trunc(v) && math.Abs(v) < 1<<53 && v != 0:
		return formWhole
	}
	return formFloat
}
