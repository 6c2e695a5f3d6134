package rrdfile

import (
	"bytes"
	"errors"
	"testing"
)

// A write that fails, whichever it is and however much of it arrived, loses
// nothing: the update claims nothing, and applying the points again, at once or
// after a crash and the return of the old header, gives the file that was meant.
func TestWriteFaultIsRepairedByTheSamePoints(t *testing.T) {
	before, batch := steady(small, began, 17, climb), steady(small, began+170, 9, climb)
	want := &memory{b: empty(small)}
	f := openMemory(t, want)
	mustUpdate(t, f, before)
	old := append([]byte(nil), want.b...)
	want.writes = 0
	mustUpdate(t, f, batch)
	if want.writes != 6 {
		t.Fatalf("the update took %d writes, want 5 of rows and 1 of the header", want.writes)
	}
	for failAt := 1; failAt <= want.writes; failAt++ {
		for _, torn := range []bool{false, true} {
			m := &memory{b: append([]byte(nil), old...), failAt: failAt, torn: torn}
			f := openMemory(t, m)
			header, last := f.MutableHeader(), f.LastMillis()
			if n, err := f.Update(batch); n != 0 || !errors.Is(err, errFault) {
				t.Fatalf("write %d: applied %d, %v", failAt, n, err)
			}
			if f.LastMillis() != last || !bytes.Equal(f.MutableHeader(), header) {
				t.Fatalf("write %d: a failed update moved the state", failAt)
			}
			crashed := &memory{b: append([]byte(nil), m.b...)}
			checkCrashed(t, crashed, header, torn && failAt == want.writes)
			m.failAt = 0
			for _, f := range []*File{f, openMemory(t, crashed)} {
				mustUpdate(t, f, batch)
			}
			if !bytes.Equal(m.b, want.b) || !bytes.Equal(crashed.b, want.b) {
				t.Fatalf("write %d: the points applied again give another file", failAt)
			}
		}
	}
}

// checkCrashed reopens what a crash left: with the old header, unless the
// header's own write was torn; then the old one is put back.
func checkCrashed(t *testing.T, m *memory, header []byte, torn bool) {
	t.Helper()
	f := openMemory(t, m)
	if !torn && !bytes.Equal(f.MutableHeader(), header) {
		t.Fatal("the header went before the rows")
	}
	if err := f.RestoreHeader(header); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.MutableHeader(), header) {
		t.Fatal("the header was not put back")
	}
}

func TestRestoreHeaderRefusesAnother(t *testing.T) {
	m := &memory{b: empty(small)}
	f := openMemory(t, m)
	header := f.MutableHeader()
	was := append([]byte(nil), m.b...)
	row := append([]byte(nil), header...)
	putI64(row, len(row)-8, 99)
	for _, b := range [][]byte{nil, header[1:], append(header, 0), row} {
		if err := f.RestoreHeader(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	if !bytes.Equal(m.b, was) {
		t.Error("a refused header was written")
	}
}

// A batch is applied up to the point that is not legal.
func TestUpdateStopsAtTheFirstIllegalPoint(t *testing.T) {
	good := steady(small, began, 4, climb)
	for name, bad := range map[string]Point{
		"same time":  {At: good[1].At, Values: []float64{1, 2}},
		"too late":   {At: good[0].At, Values: []float64{1, 2}},
		"one value":  {At: good[1].At + 1, Values: []float64{1}},
		"before all": {At: -1, Values: []float64{1, 2}},
		"far future": {At: 1 << 62, Values: []float64{1, 2}},
	} {
		m := &memory{b: empty(small)}
		f := openMemory(t, m)
		n, err := f.Update([]Point{good[0], good[1], bad, good[3]})
		if n != 2 || err == nil || f.LastMillis() != good[1].At {
			t.Errorf("%s: applied %d up to %d, %v", name, n, f.LastMillis(), err)
		}
		if stale := bad.At >= 0 && bad.At <= good[1].At; errors.Is(err, ErrNotNewer) != stale {
			t.Errorf("%s: %v", name, err)
		}
		if again := openMemory(t, m); again.LastMillis() != good[1].At {
			t.Errorf("%s: the file is at %d", name, again.LastMillis())
		}
	}
}
