package rrdfile

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// exercise does to a file that opens all that the store would.
func exercise(t *testing.T, b []byte) error {
	t.Helper()
	f, err := (*Opener)(nil).open("damaged", &memory{b: b}, int64(len(b)))
	if err != nil {
		return err
	}
	points := steady(*f.Schema(), f.LastMillis()/1000, 3, climb)
	points = append(points, steady(*f.Schema(), f.LastMillis()/1000+1e7, 3, climb)...)
	for i := range f.Schema().RRA {
		rows, err := f.Fetch(i, math.MinInt64, math.MaxInt64, points)
		if err != nil || len(rows.Values)%rows.DS != 0 || int64(len(rows.Values)/rows.DS) > f.Schema().RRA[i].Rows {
			t.Fatalf("archive %d: %d values, %v", i, len(rows.Values), err)
		}
		if newest := f.LastRow(i, points); len(rows.Values) > 0 && rows.End != newest {
			t.Fatalf("archive %d: rows end at %d, the newest at %d", i, rows.End, newest)
		}
	}
	if n, err := f.Update(points); err == nil && n != len(points) {
		t.Fatalf("applied %d of %d without an error", n, len(points))
	}
	return f.RestoreHeader(f.MutableHeader())
}

func TestOpenRefusesAnyOtherLength(t *testing.T) {
	b := empty(small)
	for n := range b {
		if err := exercise(t, b[:n]); !errors.Is(err, ErrFormat) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	if err := exercise(t, append(b, 0)); !errors.Is(err, ErrFormat) {
		t.Fatalf("one byte more: %v", err)
	}
}

func TestFlippedBitsAreAnErrorOrHarmless(t *testing.T) {
	m := &memory{b: empty(small)}
	mustUpdate(t, openMemory(t, m), steady(small, began, 20, climb))
	refused := 0
	for bit := range 8 * len(m.b) {
		b := append([]byte(nil), m.b...)
		b[bit/8] ^= 1 << (bit % 8)
		err := exercise(t, b)
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("bit %d: %v", bit, err)
		}
		if err != nil {
			refused++
		}
		if inStat := bit/8 < 9 || bit/8 >= 16 && bit/8 < 40; inStat && err == nil {
			t.Fatalf("bit %d of the identification was not noticed", bit)
		}
	}
	if refused < 1000 {
		t.Errorf("only %d flipped bits were noticed", refused)
	}
}

func TestOpenReportsGarbage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "garbage.rrd")
	for _, s := range []string{"", "RRD", "RRD\x000003\x00", string(make([]byte, 5000))} {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes: %v", len(s), err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none.rrd")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := Create(path, []byte("RRD"), began); !errors.Is(err, ErrFormat) {
		t.Errorf("create from garbage: %v", err)
	}
	if err := Create(filepath.Join(dir, "no", "dir.rrd"), empty(small), began); err == nil {
		t.Error("create in no directory")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(empty(small))
	one := Schema{Step: 1, DS: []DS{gauge("v", 2)}, RRA: []RRA{{"MIN", 1, 3, 0}}}
	one.DS[0].Type = "COUNTER"
	m := &memory{b: empty(one)}
	mustUpdate(f, openMemory(f, m), steady(one, began, 3, climb))
	f.Add(m.b)
	f.Add([]byte("RRD\x000003\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := exercise(t, append([]byte(nil), b...)); err != nil && !errors.Is(err, ErrFormat) {
			t.Fatal(err)
		}
	})
}
