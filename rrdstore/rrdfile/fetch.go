package rrdfile

import (
	"errors"
	"fmt"
)

// Rows are consecutive rows of one archive, oldest first.
type Rows struct {
	RRA    int
	Step   int64     // seconds from row to row
	End    int64     // unix seconds: the end of the last row
	Values []float64 // [row][data source], NaN = unknown; not to be changed: others may have them too
	DS     int
	Source Source
}

// Source tells where rows came from that are in the file.
type Source uint8

// The sources of rows.
const (
	FromNone   Source = iota // there were none
	FromFile                 // they were read
	FromMemory               // they had been read before; see Opener.Recent
)

// Fetch gives the rows of an archive with from < end <= to (unix seconds) that
// the file has, and that pending points would add: the result is that of a
// Fetch after Update(pending). Pending points that the file already has are
// passed over, so that they may be dropped after their update at leisure.
func (f *File) Fetch(rra int, from, to int64, pending []Point) (Rows, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if rra < 0 || rra >= len(f.rings) {
		return Rows{}, fmt.Errorf("fetch %s: no archive %d", f.path, rra)
	}
	m, added := f.preview(rra, pending)
	newest, span := f.newest(rra, m.state.sec), f.span(rra)
	ring := f.rings[rra]
	to = min(floor(to, span), newest)
	from = floor(max(from, newest-ring.rows*span), span)
	out := Rows{RRA: rra, Step: span, End: to, DS: ring.width}
	n := (to - from) / span
	if from >= to {
		return out, nil
	}
	// Rows counted from the newest, which is 0: ours are back+n-1 down to back;
	// those below fresh are not in the file.
	back, fresh := (newest-to)/span, added.trim()
	stored := max(0, back+n-max(back, fresh))
	values, kept, err := f.stored(rra, max(back-fresh, 0), stored, n-stored, back+n)
	if err != nil {
		return Rows{}, fmt.Errorf("fetch %s: %w", f.path, err)
	}
	switch {
	case kept:
		out.Source = FromMemory
	case stored > 0:
		out.Source = FromFile
	}
	if take := n - stored; take > 0 {
		oldest := fresh - (back + take)
		values = append(values, added.values[int(oldest)*ring.width:int(oldest+take)*ring.width]...)
	}
	out.Values = values
	return out, nil
}

// LastRow is the end, in unix seconds, of the newest row that Fetch would give.
func (f *File) LastRow(rra int, pending []Point) int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if rra < 0 || rra >= len(f.rings) {
		return 0
	}
	b := f.take(&f.state)
	defer f.give(b)
	m := b.machine
	for _, p := range pending {
		err := m.check(p)
		if err != nil && !errors.Is(err, ErrNotNewer) {
			break
		}
		if err == nil {
			m.state.sec, m.state.usec = p.At/1000, p.At%1000*1000
		}
	}
	return f.newest(rra, m.state.sec)
}

// preview applies pending points to a copy of the state and returns the rows
// that they add to one archive.
func (f *File) preview(rra int, pending []Point) (*machine, *stage) {
	added := &stage{ring: f.rings[rra]}
	m := newMachine(f.schema, func(_ int, n int64, c []cdp) { added.add(n, c) })
	m.first, m.end = rra, rra+1
	m.state.copyFrom(&f.state)
	for _, p := range pending {
		if err := m.apply(p); err != nil && !errors.Is(err, ErrNotNewer) {
			break
		}
	}
	return m, added
}

// span is the length of a row in seconds.
func (f *File) span(rra int) int64 { return f.schema.Step * f.schema.RRA[rra].Steps }

func (f *File) newest(rra int, last int64) int64 { return floor(last, f.span(rra)) }

// floor rounds t down to a multiple of span, below zero too.
func floor(t, span int64) int64 {
	r := t % span
	if r < 0 {
		r += span
	}
	return t - r
}
