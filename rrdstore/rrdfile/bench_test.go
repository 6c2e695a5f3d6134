package rrdfile

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func openStandard(t testing.TB) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.rrd")
	if err := Create(path, empty(standard), began); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// BenchmarkUpdate30 is five minutes of a plain series in one call.
func BenchmarkUpdate30(b *testing.B) {
	f := openStandard(b)
	points := steady(standard, began, 30, climb)
	b.ReportAllocs()
	for b.Loop() {
		mustUpdate(b, f, points)
		for i := range points {
			points[i].At += 300_000
		}
	}
}

// BenchmarkFetch is six hours at ten seconds with five minutes pending.
func BenchmarkFetch(b *testing.B) {
	f := openStandard(b)
	mustUpdate(b, f, steady(standard, began, 2160, climb))
	pending := steady(standard, began+21600, 30, climb)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fetch(0, began, began+30000, pending); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens and closes a plain series.
func BenchmarkOpen(b *testing.B) {
	f := openStandard(b)
	var o Opener
	b.ReportAllocs()
	for b.Loop() {
		again, err := o.Open(f.path)
		if err != nil {
			b.Fatal(err)
		}
		again.Close()
	}
}

// Years of silence write no more than each ring once.
func TestLongGapFillsTheRingsOnce(t *testing.T) {
	m := &memory{b: empty(standard)}
	f := openMemory(t, m)
	at := f.LastMillis() + 5000
	mustUpdate(t, f, []Point{{At: at, Values: []float64{1}}})
	m.bytes = 0
	var points []Point
	for range 20 {
		at += 30 * 365 * 86400 * 1000
		points = append(points, Point{At: at, Values: []float64{1}})
	}
	mustUpdate(t, f, points)
	if m.bytes > len(m.b) {
		t.Errorf("%d bytes written to a file of %d", m.bytes, len(m.b))
	}
	rows, err := f.Fetch(4, 0, math.MaxInt64, nil)
	if err != nil || len(rows.Values) != 1826 || rows.End != at/86400000*86400 {
		t.Fatalf("%d rows of days up to %d, %v", len(rows.Values), rows.End, err)
	}
}

// The hot path takes no memory but for the text of the last reading.
func TestUpdateAllocations(t *testing.T) {
	f := openStandard(t)
	points := steady(standard, began, 30, climb)
	allocs := testing.AllocsPerRun(100, func() {
		mustUpdate(t, f, points)
		for i := range points {
			points[i].At += 300_000
		}
	})
	if allocs > 1 {
		t.Errorf("%v allocations an update", allocs)
	}
}

// BenchmarkBackfill is five minutes that come an hour late.
func BenchmarkBackfill(b *testing.B) {
	f := openStandard(b)
	mustUpdate(b, f, steady(standard, began, 2160, climb))
	late := steady(standard, began+18000, 30, climb)
	b.ReportAllocs()
	for b.Loop() {
		mustBackfill(b, f, (began+18000)*1000, late)
	}
}

// BenchmarkReshape is a plain series made one of the same archives.
func BenchmarkReshape(b *testing.B) {
	f := openStandard(b)
	mustUpdate(b, f, steady(standard, began, 2160, climb))
	template := empty(standard)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Reshape(f, template); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify is a plain series.
func BenchmarkVerify(b *testing.B) {
	f := openStandard(b)
	mustUpdate(b, f, steady(standard, began, 2160, climb))
	b.ReportAllocs()
	for b.Loop() {
		if r, err := Verify(f.path, noon()); err != nil || !r.Sound() {
			b.Fatalf("%+v, %v", r, err)
		}
	}
}

// BenchmarkDumpRestore takes a plain series to XML and back.
func BenchmarkDumpRestore(b *testing.B) {
	f := openStandard(b)
	mustUpdate(b, f, steady(standard, began, 2160, climb))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Restore(strings.NewReader(mustDump(b, f))); err != nil {
			b.Fatal(err)
		}
	}
}
