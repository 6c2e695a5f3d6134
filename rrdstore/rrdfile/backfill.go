package rrdfile

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// Backfilled tells what became of the rows that late points touch, archive by
// archive.
type Backfilled struct {
	Rows int // that now hold something else
	Kept int // that stay as they were, for want of finer rows to make them of
	Gone int // that have left their ring
}

// Backfill puts in points that come late: ascending, none before from (ms) or
// after the last update. As in Update each covers the time from the one before
// it, the first from from; a point at from only says where the counters stood.
//
// Heartbeats do not count: who brings history tells where nothing is known.
//
// For the steps that the points cover, what they say replaces what is stored,
// except that unknown never replaces known. A step at an edge, covered in part,
// takes what they say if that is half of it, and else stays: mixing would not
// be the same twice. To be exact let from be the end of a step, and a last point
// end one; a gauge's value may be given for that moment.
//
// A coarser row that the points know all of is made of them alone. Any other that
// is touched is consolidated anew from the finest archive that covers it wholly.
// Where none does, an unknown row takes what the points say, if they say enough
// for xff; a known maximum or minimum is widened, and any other known row is
// kept. So cut a long backfill where the longest rows end. The open rows, and the
// open step, follow the same rules.
//
// The same points again change nothing. If writing fails, or the process is
// killed, nothing is done but rows of the result may be there already: give the
// same points again.
//
// Syscalls: reads of the rows touched, a pwrite for each stretch of rows that
// change, one pwrite of the header region if that does.
func (f *File) Backfill(from int64, points []Point) (Backfilled, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(points) == 0 {
		return Backfilled{}, nil
	}
	if at := points[len(points)-1].At; at > f.state.sec*1000+f.state.usec/1000 {
		return Backfilled{}, fmt.Errorf("backfill %s: time %d ms is after the last update at %d.%06d", f.path, at, f.state.sec, f.state.usec)
	}
	l, err := replay(f.schema, from, points)
	if err != nil {
		return Backfilled{}, fmt.Errorf("backfill %s: %w", f.path, err)
	}
	b := &backfill{schema: f.schema, next: newState(len(f.schema.DS), len(f.schema.RRA)), late: l}
	b.next.copyFrom(&f.state)
	b.openStep()
	if err := f.loadTouched(b); err != nil {
		return Backfilled{}, fmt.Errorf("backfill %s: %w", f.path, err)
	}
	b.archives()
	f.recent.forget()
	if err := f.commitBackfill(b); err != nil {
		return Backfilled{}, fmt.Errorf("backfill %s: %w", f.path, err)
	}
	return b.done, nil
}

// loadTouched reads, of every archive, what the longest row touched covers.
func (f *File) loadTouched(b *backfill) error {
	from, to := int64(math.MaxInt64), int64(0)
	if n := len(b.late.runs); n > 0 {
		first, last := b.late.runs[0].begin/micros, b.late.runs[n-1].end/micros
		for i := range f.rings {
			from, to = min(from, floor(first, f.span(i))), max(to, -floor(-last, f.span(i)))
		}
	}
	for i := range f.rings {
		t, err := loadTrack(f.handle, f.schema, &b.next, i, from, to)
		if err != nil {
			return fmt.Errorf("archive %d: %w", i, err)
		}
		b.tracks = append(b.tracks, t)
		b.dirty = append(b.dirty, make([]bool, (t.end-t.begin)/t.span))
	}
	return nil
}

// commitBackfill writes the rows that changed, and then the header.
func (f *File) commitBackfill(b *backfill) error {
	var buf []byte
	for i, t := range b.tracks {
		newest := floor(f.state.sec, f.span(i)) * micros
		err := stretches(b.dirty[i], func(first, end int) (err error) {
			s := stage{ring: f.rings[i], values: t.rows[first*t.width : end*t.width]}
			back := (newest-t.begin)/t.span - int64(end)
			buf, err = s.write(f.handle, (f.state.row[i]-back+s.rows)%s.rows, buf)
			return err
		})
		if err != nil {
			return fmt.Errorf("archive %d: %w", i, err)
		}
	}
	buf = append(buf[:0], f.header...)
	b.next.encode(f.schema, buf)
	if bytes.Equal(buf, f.header) {
		return nil
	}
	if _, err := f.handle.WriteAt(buf, f.live); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	copy(f.header, buf)
	f.state.copyFrom(&b.next)
	return nil
}

// stretches calls do for each stretch of rows that changed.
func stretches(dirty []bool, do func(first, end int) error) error {
	for at := 0; at < len(dirty); {
		first := slices.Index(dirty[at:], true)
		if first < 0 {
			return nil
		}
		first += at
		at = len(dirty)
		if n := slices.Index(dirty[first:], false); n >= 0 {
			at = first + n
		}
		if err := do(first, at); err != nil {
			return err
		}
	}
	return nil
}
