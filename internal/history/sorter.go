package history

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"plimsoll/internal/sketch"
)

// cell is what one series has at one instant. For events that is the end of the
// interval.
type cell struct {
	at     int64 // Unix milliseconds
	value  float64
	sketch *sketch.Sketch
	id     uint32
}

func compareCells(a, b cell) int {
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.at, b.at)
}

// What a cell costs in memory, about: itself, with what a growing slice wastes;
// its place in the index; a sketch with its first values.
const (
	cellBytes   = 64
	indexBytes  = 64
	sketchBytes = 1024
)

// maxRuns bounds the parts of the file that are read side by side.
const maxRuns = 1000

type cellKey struct {
	id uint32
	at int64
}

// sorter brings cells into the order of series and time, on disk where memory
// does not suffice.
type sorter struct {
	options Options
	stats   *Stats
	catalog

	cells []cell
	index map[cellKey]int // of events
	used  int64
	file  *os.File // of runs; it has no name
	runs  []run
	end   int64
	err   error // of the disk; all is over then
}

func newSorter(o Options, stats *Stats) *sorter {
	return &sorter{options: o, stats: stats, catalog: catalog{byKey: map[string]uint32{}}, index: map[cellKey]int{}}
}

func (s *sorter) close() {
	if s.file != nil {
		_ = s.file.Close() // it has no name any more
	}
}

// put takes a cell of which the last of its instant counts.
func (s *sorter) put(c cell) {
	s.stats.Taken++
	s.cells = append(s.cells, c)
	s.grow(cellBytes)
}

// event returns the cell of an interval to add to, up to the next call.
func (s *sorter) event(id uint32, at int64) *cell {
	k := cellKey{id, at}
	i, known := s.index[k]
	if !known {
		s.grow(cellBytes + indexBytes) // may empty all, so it comes first
		i = len(s.cells)
		s.cells = append(s.cells, cell{id: id, at: at})
		s.index[k] = i
	}
	return &s.cells[i]
}

func (s *sorter) count(id uint32, at int64, n float64) { s.event(id, at).value += n }

func (s *sorter) observe(id uint32, at int64, v, weight float64) {
	c := s.event(id, at)
	if c.sketch == nil {
		c.sketch = new(sketch.Sketch)
		s.used += sketchBytes
	}
	c.sketch.Add(v, weight)
}

func (s *sorter) grow(n int64) {
	if s.used += n; s.used > s.options.MemoryBytes && s.err == nil {
		s.err = s.spill()
	}
}

// order sorts what is in memory; of several cells of an instant the last stays.
func (s *sorter) order() {
	slices.SortStableFunc(s.cells, compareCells)
	kept := s.cells[:0]
	for _, c := range s.cells {
		if n := len(kept); n > 0 && compareCells(kept[n-1], c) == 0 {
			kept[n-1] = c
			s.stats.Duplicates++
			continue
		}
		kept = append(kept, c)
	}
	s.cells = kept
	clear(s.index)
}

// spill writes what is in memory as a run.
func (s *sorter) spill() error {
	if len(s.runs) == maxRuns {
		return fmt.Errorf("more than %d times %d bytes of memory: give more memory, or fewer files at once", maxRuns, s.options.MemoryBytes)
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.options.TempDir, "plimsoll-import-*")
		if err != nil {
			return fmt.Errorf("put aside: %w", err)
		}
		s.file = f
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("put aside: %w", err)
		}
	}
	s.order()
	size, err := writeRun(s.file, s.cells)
	if err != nil {
		return fmt.Errorf("put aside: %w", err)
	}
	s.runs = append(s.runs, run{s.end, size})
	s.end += size
	clear(s.cells) // its sketches may go
	s.cells, s.used = s.cells[:0], 0
	s.stats.Runs++
	return nil
}

// finish emits all cells.
func (s *sorter) finish(ctx context.Context, emit Emit) error {
	if s.err != nil {
		return s.err
	}
	s.order()
	var sources []source
	for _, r := range s.runs {
		sources = append(sources, openRun(s.file, r))
	}
	cells := s.cells
	sources = append(sources, func() (c cell, ok bool, err error) {
		if len(cells) == 0 {
			return cell{}, false, nil
		}
		c, cells = cells[0], cells[1:]
		return c, true, nil
	})
	b := &block{ctx: ctx, sorter: s, emit: emit}
	if err := merge(sources, b.take); err != nil {
		return err
	}
	return b.flush()
}
