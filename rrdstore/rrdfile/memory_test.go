package rrdfile

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"pgregory.net/rapid"
)

// standard is the schema of a plain series.
var standard = Schema{
	Step: 10,
	DS:   []DS{gauge("value", 60)},
	RRA: []RRA{
		{"AVERAGE", 2160, 1, 0.5},
		{"AVERAGE", 2880, 6, 0.5},
		{"AVERAGE", 4608, 60, 0.5},
		{"AVERAGE", 9600, 360, 0.5},
		{"AVERAGE", 1826, 8640, 0.5},
		{"MAX", 4608, 60, 0.5},
		{"MAX", 9600, 360, 0.5},
		{"MAX", 1826, 8640, 0.5},
		{"MIN", 1826, 8640, 0.5},
	},
}

// small wraps within a few points.
var small = Schema{
	Step: 10,
	DS:   []DS{gauge("a", 60), gauge("b", 60)},
	RRA:  []RRA{{"AVERAGE", 5, 1, 0.5}, {"MAX", 3, 2, 0.5}, {"LAST", 2, 6, 0.5}},
}

const began = 1_600_000_000

func gauge(name string, heartbeat int64) DS {
	return DS{Name: name, Type: "GAUGE", Heartbeat: heartbeat, Min: math.NaN(), Max: math.NaN()}
}

// empty is a file of the schema last updated at began, made without librrd.
func empty(s Schema) []byte {
	b := make([]byte, s.FileBytes())
	l := layoutOf(len(s.DS), len(s.RRA))
	copy(b, cookie+version)
	putF64(b, 16, floatCookie)
	putI64(b, 24, int64(len(s.DS)))
	putI64(b, 32, int64(len(s.RRA)))
	putI64(b, 40, s.Step)
	for i, d := range s.DS {
		at := b[l.ds+dsBytes*int64(i):]
		copy(at, d.Name)
		copy(at[20:], d.Type)
		putI64(at, 40, d.Heartbeat)
		putF64(at, 48, d.Min)
		putF64(at, 56, d.Max)
	}
	for i, r := range s.RRA {
		at := b[l.rra+rraBytes*int64(i):]
		copy(at, r.CF)
		putI64(at, 24, r.Rows)
		putI64(at, 32, r.Steps)
		putF64(at, 40, r.XFF)
	}
	for at := l.rows; at < int64(len(b)); at += 8 {
		binary.LittleEndian.PutUint64(b[at:], unknownBits)
	}
	st := newState(len(s.DS), len(s.RRA))
	st.start(&s, began)
	st.encode(&s, b[l.live:])
	return b
}

// steady are n points of one value for all data sources, every ten seconds.
func steady(s Schema, from int64, n int, value func(i int) float64) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i].At = (from + 10*int64(i+1)) * 1000
		for range s.DS {
			points[i].Values = append(points[i].Values, value(i))
		}
	}
	return points
}

func climb(i int) float64 { return float64(i + 1) }

var errFault = errors.New("injected fault")

// memory is a file in memory whose write number failAt (from 1) and all later
// ones fail; that one first writes half of its bytes if torn.
type memory struct {
	b      []byte
	writes int
	bytes  int // written
	failAt int
	torn   bool
}

func (m *memory) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 || at > int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(b, m.b[at:])
	if n < len(b) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	m.writes++
	m.bytes += len(b)
	if at < 0 || at+int64(len(b)) > int64(len(m.b)) {
		panic("write past the end")
	}
	if m.failAt == 0 || m.writes < m.failAt {
		return copy(m.b[at:], b), nil
	}
	if m.torn && m.writes == m.failAt {
		return copy(m.b[at:], b[:len(b)/16*8]), errFault
	}
	return 0, errFault
}

func (m *memory) Sync() error  { return nil }
func (m *memory) Close() error { return nil }

func openMemory(t rapid.TB, m *memory) *File {
	t.Helper()
	f, err := (*Opener)(nil).open("memory", m, int64(len(m.b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustUpdate(t rapid.TB, f *File, points []Point) {
	t.Helper()
	if n, err := f.Update(points); err != nil || n != len(points) {
		t.Fatalf("applied %d of %d: %v", n, len(points), err)
	}
}
