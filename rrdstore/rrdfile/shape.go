package rrdfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// shape is what files of one schema have in common: what is fixed, and memory
// for their updates.
type shape struct {
	static []byte // everything before the header region
	schema *Schema
	rings  []ring
	live   int64 // where the header region begins,
	rows   int64 // and where it ends
	size   int64

	spare chan *bench // not in use now; never closed
}

// spareBenches is how many updates at once find memory that is there already.
const spareBenches = 8

func newShape(schema *Schema, head []byte, size int64) *shape {
	l := layoutOf(len(schema.DS), len(schema.RRA))
	return &shape{
		static: bytes.Clone(head[:l.live]), schema: schema, rings: ringsOf(schema), live: l.live, rows: l.rows, size: size,
		spare: make(chan *bench, spareBenches),
	}
}

// bench is memory for the update of one file at a time.
type bench struct {
	machine *machine
	stages  []stage
	buf     []byte
}

// take gives a bench, whose machine has the state.
func (s *shape) take(st *state) *bench {
	var b *bench
	select {
	case b = <-s.spare:
	default:
		b = &bench{stages: make([]stage, len(s.rings))}
		for i, r := range s.rings {
			b.stages[i].ring = r
		}
		b.machine = newMachine(s.schema, func(rra int, n int64, c []cdp) { b.stages[rra].add(n, c) })
	}
	b.machine.state.copyFrom(st)
	for i := range b.stages {
		b.stages[i].values = b.stages[i].values[:0]
	}
	return b
}

func (s *shape) give(b *bench) {
	select {
	case s.spare <- b:
	default:
	}
}

// Opener opens files for reading and updating. What those of one schema have in
// common it reads and keeps once; nil keeps nothing. The zero Opener is ready, and
// may be used by several goroutines.
type Opener struct {
	// Recent is how many values of an archive a file keeps in memory of those that
	// Fetch read, the newest ones; 0: none.
	Recent int

	mu     sync.RWMutex // guards shapes
	shapes []*shape

	heads sync.Pool // of *[]byte, to read headers into
}

// maxShapes is how many schemas an Opener keeps; files of others are read in full.
const maxShapes = 64

// Open opens a file and checks its header and size.
//
// Syscalls: open, fstat, one pread, or three where the schema is not known yet.
func (o *Opener) Open(path string) (*File, error) {
	h, err := openDescriptor(path)
	if err != nil {
		return nil, err
	}
	size, err := h.size()
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	f, err := o.open(path, h, size)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), h.Close())
	}
	return f, nil
}

// open takes over h only if it succeeds.
func (o *Opener) open(path string, h handle, size int64) (*File, error) {
	s, header := o.known(h, size)
	if s == nil {
		schema, head, err := readHeader(h, size)
		if err != nil {
			return nil, err
		}
		s = newShape(schema, head, size)
		o.keep(s)
		header = bytes.Clone(head[s.live:])
	}
	st, err := decodeState(s.schema, header)
	if err != nil {
		return nil, err
	}
	f := &File{shape: s, path: path, handle: h, header: header, state: st}
	if o != nil {
		f.recent.most = o.Recent
	}
	return f, nil
}

// known reads the header of a file of a schema that was met before; nil for
// others, and when it cannot be read: why not, the full reading tells.
func (o *Opener) known(h handle, size int64) (*shape, []byte) {
	if o == nil {
		return nil, nil
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	room, _ := o.heads.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	defer o.heads.Put(room)
	head := (*room)[:0]
	for _, s := range o.shapes {
		if s.size != size {
			continue
		}
		if int64(len(head)) < s.rows {
			head = slices.Grow(head[:0], int(s.rows))[:s.rows]
			*room = head
			if _, err := h.ReadAt(head, 0); err != nil {
				return nil, nil
			}
		}
		if bytes.Equal(head[:s.live], s.static) {
			return s, bytes.Clone(head[s.live:s.rows])
		}
	}
	return nil, nil
}

func (o *Opener) keep(s *shape) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.shapes) < maxShapes {
		o.shapes = append(o.shapes, s)
	}
}
