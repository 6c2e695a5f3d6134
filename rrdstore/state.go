package rrdstore

import (
	"errors"
	"fmt"
	"slices"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore/backlog"
)

func (e *encoder) series(s *Store, sr *series) {
	e.byte(byte(sr.kind))
	e.labels(sr.labels)
	e.int(sr.last)
	switch sr.kind {
	case metric.Timing:
		e.timer(sr.timer, sr.class.Tiers)
	case metric.Counter:
		e.counter(sr.counter)
	default:
		e.float(sr.value)
	}
	e.uint(uint64(len(sr.archives)))
	for path, a := range s.paths(sr) {
		e.string(path)
		e.archive(a)
	}
	e.before(sr)
}

func (e *encoder) archive(a *archive) {
	e.int(a.start)
	e.int(a.last)
	e.uint(uint64(a.pending.Len()))
	e.bytes(a.pending.View().Stream())
}

// before writes how often the kind changed, and the archive of the kind before
// where it was not yet set aside.
func (e *encoder) before(sr *series) {
	e.uint(uint64(sr.changes))
	before := sr.before
	e.bool(before != nil)
	if before != nil {
		e.byte(byte(before.series.kind))
		e.archive(before)
	}
}

func (e *encoder) counter(c *counter) {
	e.bool(c.Known)
	e.bool(c.whole)
	e.int(c.At)
	e.int(c.Start)
	e.float(c.Raw)
	e.float(c.Total)
	e.int(c.markAt)
	e.float(c.markTotal)
}

func (d *decoder) counter(c *counter) {
	c.Known = d.Bool()
	c.whole = d.Bool()
	c.At = d.Int()
	c.Start = d.Int()
	c.Raw = d.Float()
	c.Total = d.Float()
	c.markAt = d.Int()
	c.markTotal = d.Float()
}

// timer writes the step of its tier beside each interval.
func (e *encoder) timer(t *timer, tiers []Tier) {
	e.float(t.sum)
	e.float(t.count)
	e.uint(uint64(len(t.open)))
	for i := range t.open {
		e.int(tiers[i].millis())
		e.int(t.open[i].end)
		e.int(t.open[i].closed)
		e.sketch(t.open[i].sketch)
	}
}

// timer reads the state of the tiers that are still there; others begin empty.
func (d *decoder) timer(t *timer, tiers []Tier) {
	t.sum = d.Float()
	t.count = d.Float()
	for range d.Count() {
		step := d.Int()
		in := interval{end: d.Int(), closed: d.Int(), sketch: d.sketch()}
		i := slices.IndexFunc(tiers, func(t Tier) bool { return t.millis() == step })
		if i >= 0 {
			t.open[i] = in
		}
	}
}

// loadCheckpoint reads a checkpoint into the empty store and returns the
// segment from which the journal goes on.
func (s *Store) loadCheckpoint(data []byte) (segment uint64, err error) {
	head, data, err := readHead(data)
	if err != nil {
		return 0, err
	}
	for len(data) > 0 {
		payload, rest, ok := durable.NextRecord(data)
		if !ok {
			return 0, fmt.Errorf("a checksum behind %d series is wrong", len(s.index.series))
		}
		data = rest
		d := newDecoder(payload)
		d.version = head.version
		for d.Len() > 0 {
			sr := s.decodeSeries(&d)
			if d.Err() != nil {
				return 0, d.Err()
			}
			s.registerLocked(sr)
			s.buffered += sr.buffered()
		}
	}
	if uint64(len(s.index.series)) != head.series {
		return 0, fmt.Errorf("it has %d of %d series", len(s.index.series), head.series)
	}
	return head.segment, nil
}

// checkpointHead is a checkpoint's first record.
type checkpointHead struct {
	version byte
	segment uint64 // from which the journal goes on
	series  uint64 // in the records behind it
}

func readHead(data []byte) (h checkpointHead, rest []byte, err error) {
	payload, rest, ok := durable.NextRecord(data)
	if !ok {
		return h, nil, errors.New("its first checksum is wrong")
	}
	d := newDecoder(payload)
	h.version = d.Byte()
	if h.version != checkpointVersion && h.version != versionPlain {
		return h, nil, fmt.Errorf("version %d is not known", h.version)
	}
	h.segment, h.series = d.Uint(), d.Uint()
	return h, rest, d.Err()
}

func (s *Store) decodeSeries(d *decoder) *series {
	kind := metric.Kind(d.Byte())
	sr := s.newSeries(d.Labels(), kind)
	sr.last = d.Int()
	switch kind {
	case metric.Timing:
		d.timer(sr.timer, sr.class.Tiers)
	case metric.Counter:
		d.counter(sr.counter)
	default:
		sr.value = d.Float()
	}
	for range d.Count() {
		a := s.archiveAt(sr, d.String())
		if a == nil { // of a tier that is no more
			a = &archive{pending: backlog.New(sr.archives[0].pending.Width())}
		}
		d.archive(a)
	}
	sr.changes = uint8(min(d.Uint(), maxChanges))
	if d.Bool() {
		kind := metric.Kind(d.Byte())
		if kind > metric.Counter || sr.isTiming() {
			d.Fail()
			return sr
		}
		sr.before = &s.newSeries(sr.labels, kind).archives[0]
		d.archive(sr.before)
	}
	return sr
}

func (d *decoder) archive(a *archive) {
	a.start, a.last = d.Int(), d.Int()
	if d.version == versionPlain {
		d.plainPoints(&a.pending)
		return
	}
	n := d.Count()
	p, err := backlog.Parse(a.pending.Width(), n, d.Bytes())
	if err != nil {
		d.FailWith(fmt.Errorf("points that wait: %w", err))
	}
	a.pending = p
}

// plainPoints reads points whose numbers are written in full.
func (d *decoder) plainPoints(p *backlog.Buffer) {
	values := make([]float64, p.Width())
	for range d.Count() {
		at := d.Int()
		for i := range values {
			values[i] = d.Float()
		}
		if d.Err() != nil {
			return
		}
		p.Push(at, values...)
	}
}

// archiveAt returns the archive of a series with the path, nil if there is none.
func (s *Store) archiveAt(sr *series, path string) *archive {
	for p, a := range s.paths(sr) {
		if p == path {
			return a
		}
	}
	return nil
}

func (sr *series) buffered() int {
	n := 0
	for i := range sr.archives {
		n += sr.archives[i].pending.Bytes()
	}
	if sr.before != nil {
		n += sr.before.pending.Bytes()
	}
	return n
}
