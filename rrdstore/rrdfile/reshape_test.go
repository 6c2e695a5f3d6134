package rrdfile

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func mustReshape(t rapid.TB, f *File, to Schema) *File {
	t.Helper()
	b, err := Reshape(f, empty(to))
	if err != nil {
		t.Fatal(err)
	}
	return openMemory(t, &memory{b: b})
}

func drawSchema(t *rapid.T) Schema {
	s := Schema{Step: rapid.SampledFrom([]int64{6, 10, 60}).Draw(t, "step")}
	s.DS, s.RRA = drawDS(t, s.Step), drawRRA(t, "archives")
	return s
}

func TestReshapeToTheSameIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchema(t)
		f := filled(t, s, drawPoints(t, s, began*1000, rapid.IntRange(1, 80).Draw(t, "points")))
		got, want := contentOf(t, bytesOf(mustReshape(t, f, s))), contentOf(t, bytesOf(f))
		for i := range got.CDP { // the last completed rows are scratch memory
			got.CDP[i].primary, got.CDP[i].secondary = want.CDP[i].primary, want.CDP[i].secondary
		}
		if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmp.AllowUnexported(cdp{})); d != "" {
			t.Fatal(d)
		}
	})
}

// More rows and back, other data sources beside them and in another order.
func TestReshapeThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchema(t)
		f := filled(t, s, drawPoints(t, s, began*1000, rapid.IntRange(1, 80).Draw(t, "points")))
		more := s
		more.DS = append([]DS{gauge("new", 60)}, s.DS...)
		more.RRA = append(drawRRA(t, "other archives"), s.RRA...)
		for i := len(more.RRA) - len(s.RRA); i < len(more.RRA); i++ {
			more.RRA[i].Rows += rapid.Int64Range(0, 100).Draw(t, "more rows")
		}
		wide := mustReshape(t, f, more)
		back := mustReshape(t, wide, s)
		got, want := contentOf(t, bytesOf(back)), contentOf(t, bytesOf(f))
		if d := cmp.Diff(want.Rows, got.Rows, cmpopts.EquateNaNs()); d != "" {
			t.Fatal(d)
		}
		after := drawPoints(t, s, f.LastMillis(), 20)
		mustUpdate(t, f, after)
		mustUpdate(t, back, after)
		sameRows(t, back, f)
	})
}

// Where the steps of all time are there, a file made wider is the file that had
// been so from the start, and goes on as it does.
func TestReshapeWiderIsAsIfAlwaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := drawSchema(t)
		narrow := wide
		narrow.RRA = append(drawRRA(t, "old archives"), RRA{CF: "AVERAGE", Rows: 1000, Steps: 1, XFF: 0.5})
		before := drawPoints(t, wide, began*1000, rapid.IntRange(1, 80).Draw(t, "points"))
		got, want := mustReshape(t, filled(t, narrow, before), wide), filled(t, wide, before)
		sameRows(t, got, want)
		after := drawPoints(t, wide, want.LastMillis(), 40)
		mustUpdate(t, got, after)
		mustUpdate(t, want, after)
		sameRows(t, got, want)
	})
}

// The integral of the averages stays, whatever the new steps are, up to the last
// update: rows, open row and open step together.
func TestReshapeKeepsTheIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schema{Step: 10, DS: []DS{gauge("v", 600)}, RRA: []RRA{
			{"AVERAGE", 12, 1, 0.5}, {"AVERAGE", 10, 6, 0.5}, {"AVERAGE", 100, 12, 0.5},
		}}
		n := rapid.IntRange(1, 300).Draw(t, "points")
		points := steady(s, began, n, func(int) float64 { return rapid.Float64Range(0, 100).Draw(t, "v") })
		f := filled(t, s, points)
		to := Schema{Step: rapid.SampledFrom([]int64{5, 10, 20, 60, 120}).Draw(t, "step"), DS: s.DS}
		to.RRA = []RRA{{"AVERAGE", 20000 / to.Step, 1, 0.5}}
		from := began/120*120 + int64(120)
		last := f.LastMillis() / 1000
		want := 0.0
		for i, p := range points {
			if at := began + 10*int64(i); at >= from {
				want += 10 * p.Values[0]
			}
		}
		got := mustReshape(t, f, to)
		if sum := integral(t, got, from); last > from && math.Abs(sum-want) > 1e-9*want {
			t.Fatalf("%v, was %v", sum, want)
		}
	})
}

// integral is rate x seconds of the first archive, and of the open step, from a
// time on that is the end of a row.
func integral(t rapid.TB, f *File, from int64) float64 {
	t.Helper()
	rows, err := f.Fetch(0, from, math.MaxInt64, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := known(f.state.pdp[0].value, 0)
	for _, v := range rows.Values {
		sum += known(v, 0) * float64(rows.Step)
	}
	return sum
}

// Averages that are left alone give maxima; coarse rows are spread over fine.
func TestReshapeTakesTheBestRows(t *testing.T) {
	s := Schema{Step: 10, DS: []DS{gauge("v", 60)}, RRA: []RRA{{"AVERAGE", 6, 1, 0.5}, {"AVERAGE", 100, 6, 0.5}, {"MAX", 100, 12, 0.5}}}
	start := int64(began/240*240 + 240)
	f := filled(t, s, steady(s, start, 48, climb)[4:])
	to := Schema{Step: 10, DS: []DS{gauge("gone", 60), gauge("v", 60)}, RRA: []RRA{
		{"AVERAGE", 12, 1, 0.5}, {"MAX", 4, 24, 0.5}, {"MIN", 2, 6, 0.5}, {"MAX", 3, 6, 0.5},
	}}
	got := mustReshape(t, f, to)
	for i, want := range [][]float64{
		{39.5, 39.5, 39.5, 39.5, 39.5, 39.5, 43, 44, 45, 46, 47, 48},
		{math.NaN(), math.NaN(), 24, 48},
		{39.5, 43},
		{33.5, 39.5, 48},
	} {
		rows, err := got.Fetch(i, 0, math.MaxInt64, nil)
		if err != nil {
			t.Fatal(err)
		}
		var v []float64
		for k := 0; k < len(rows.Values); k += 2 {
			if !math.IsNaN(rows.Values[k]) {
				t.Errorf("archive %d: %v of a new data source", i, rows.Values[k])
			}
			v = append(v, rows.Values[k+1])
		}
		if d := cmp.Diff(want, v, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("archive %d (-want +got):\n%s", i, d)
		}
	}
}

func TestReshapeRefusesATemplateThatIsNone(t *testing.T) {
	f := filled(t, small, steady(small, began, 5, climb))
	for _, b := range [][]byte{nil, []byte("RRD\x00"), empty(standard)[:5000]} {
		if _, err := Reshape(f, b); !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.rrd")
	if err := Create(path, empty(standard), began); err != nil {
		t.Fatal(err)
	}
	want := bytesOf(filled(t, small, steady(small, began, 5, climb)))
	if err := Replace(path, want[:len(want)-8]); !errors.Is(err, ErrFormat) {
		t.Errorf("a short file: %v", err)
	}
	if f, err := Open(path); err != nil || f.Close() != nil {
		t.Errorf("the old file is gone: %v", err)
	}
	if err := Replace(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := Replace(filepath.Join(dir, "none", "a.rrd"), want); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}
