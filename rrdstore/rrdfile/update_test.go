package rrdfile

import (
	"math"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The arithmetic by hand; that it is librrd's is tested in rrdstore/librrd.
func TestRows(t *testing.T) {
	nan := math.NaN()
	second := func(s float64, v float64) Point {
		return Point{At: began*1000 + int64(s*1000), Values: []float64{v}}
	}
	for name, c := range map[string]struct {
		rra    RRA
		points []Point
		end    int64
		want   []float64
	}{
		"one a step":         {RRA{"AVERAGE", 3, 1, 0.5}, []Point{second(10, 1), second(20, 2)}, 20, []float64{nan, 1, 2}},
		"within a step":      {RRA{"AVERAGE", 1, 1, 0.5}, []Point{second(2.5, 4), second(10, 8)}, 10, []float64{7}},
		"over several steps": {RRA{"AVERAGE", 3, 1, 0.5}, []Point{second(30, 5)}, 30, []float64{5, 5, 5}},
		"cut at the step":    {RRA{"AVERAGE", 3, 1, 0.5}, []Point{second(5, 100), second(35, 10)}, 30, []float64{55, 10, 10}},
		"silence":            {RRA{"AVERAGE", 3, 1, 0.5}, []Point{second(10, 1), second(100, 2), second(110, 3)}, 110, []float64{nan, nan, 3}},
		"half unknown":       {RRA{"AVERAGE", 1, 2, 0.5}, []Point{second(10, nan), second(20, 2)}, 20, []float64{2}},
		"more than half":     {RRA{"AVERAGE", 1, 2, 0.4}, []Point{second(10, nan), second(20, 2)}, 20, []float64{nan}},
		"maximum":            {RRA{"MAX", 1, 2, 0.5}, []Point{second(10, 7), second(20, 2)}, 20, []float64{7}},
		"minimum":            {RRA{"MIN", 1, 2, 0.5}, []Point{second(10, 7), second(20, 2)}, 20, []float64{2}},
		"last":               {RRA{"LAST", 1, 2, 0.5}, []Point{second(10, 7), second(20, 2)}, 20, []float64{2}},
	} {
		s := Schema{Step: 10, DS: []DS{gauge("v", 60)}, RRA: []RRA{c.rra}}
		f := openMemory(t, &memory{b: empty(s)})
		mustUpdate(t, f, c.points)
		got, err := f.Fetch(0, 0, math.MaxInt64, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := Rows{Step: 10 * c.rra.Steps, End: began + c.end, Values: c.want, DS: 1, Source: FromFile}
		if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestSchemaIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rrd")
	if err := Create(path, empty(standard), began+12345); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if d := cmp.Diff(&standard, f.Schema(), cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
	if f.LastMillis() != (began+12345)*1000 {
		t.Errorf("last update %d", f.LastMillis())
	}
	// The figure that users are told: about 310 kB a series.
	if n := standard.FileBytes(); n != 313720 {
		t.Errorf("a plain series takes %d bytes", n)
	}
}

// Readers see each update whole or not at all: values climb with time.
func TestReadersBesideAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rrd")
	if err := Create(path, empty(small), began); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	points := steady(small, began, 3000, climb)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() { readWhile(t, f, done) })
	}
	for i := 0; i < len(points); i += 3 {
		mustUpdate(t, f, points[i:i+3])
	}
	close(done)
	readers.Wait()
	if err := f.Sync(); err != nil {
		t.Error(err)
	}
}

func readWhile(t *testing.T, f *File, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		rows, err := f.Fetch(0, 0, math.MaxInt64, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for i := 0; i < len(rows.Values); i += 2 {
			end := rows.End - int64(len(rows.Values)/2-1-i/2)*rows.Step
			want := float64(end-began) / 10
			if v := rows.Values[i]; v != want && end > began || v != rows.Values[i+1] && v == v {
				t.Errorf("row %d is %v", end-began, rows.Values[i:i+2])
				return
			}
		}
	}
}
