package rrdfile

import (
	"fmt"
	"math"

	"pgregory.net/rapid"
)

// content is a file without what may differ between two of equal content.
type content struct {
	Sec, Usec int64
	PDP       []string
	CDP       []cdp
	Rows      [][]float64 // oldest first, archive by archive
}

func contentOf(t rapid.TB, b []byte) content {
	t.Helper()
	f := openMemory(t, &memory{b: append([]byte(nil), b...)})
	out := content{Sec: f.state.sec, Usec: f.state.usec, CDP: f.state.cdp}
	for _, p := range f.state.pdp {
		out.PDP = append(out.PDP, fmt.Sprintf("%s, %d s unknown, %v", p.lastText(), p.unknown, p.value))
	}
	for i := range f.schema.RRA {
		rows, err := f.rings[i].read(f.handle, (f.state.row[i]+1)%f.rings[i].rows, f.rings[i].rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		out.Rows = append(out.Rows, rows)
	}
	return out
}

// drawDS are one to three gauges, or other types by chance.
func drawDS(t *rapid.T, step int64) []DS {
	var out []DS
	for i := range rapid.IntRange(1, 3).Draw(t, "data sources") {
		d := gauge(string(rune('a'+i)), step*rapid.Int64Range(1, 6).Draw(t, "heartbeat"))
		d.Type = rapid.SampledFrom([]string{"GAUGE", "GAUGE", "GAUGE", "ABSOLUTE", "COUNTER", "DERIVE"}).Draw(t, "type")
		out = append(out, d)
	}
	return out
}

// drawRRA are archives of at least seven rows, more than any gap here.
func drawRRA(t *rapid.T, label string) []RRA {
	var out []RRA
	for range rapid.IntRange(1, 5).Draw(t, label) {
		out = append(out, RRA{
			CF:    rapid.SampledFrom([]string{"AVERAGE", "AVERAGE", "MIN", "MAX", "LAST"}).Draw(t, "function"),
			Rows:  rapid.Int64Range(7, 30).Draw(t, "rows"),
			Steps: rapid.SampledFrom([]int64{1, 2, 3, 6, 12, 60}).Draw(t, "steps"),
			XFF:   rapid.SampledFrom([]float64{0, 0.3, 0.5, 0.9}).Draw(t, "xff"),
		})
	}
	return out
}

// drawPoints are n legal points after from (ms), at most five steps apart.
func drawPoints(t *rapid.T, s Schema, from int64, n int) []Point {
	step := s.Step * 1000
	aligned := rapid.Bool().Draw(t, "aligned")
	count := make([]float64, len(s.DS))
	out := make([]Point, n)
	for i := range out {
		from += rapid.SampledFrom([]int64{step, step, step, step / 2, step / 3, 2 * step, 5 * step}).Draw(t, "advance")
		if aligned {
			from = -floor(-from, step)
		}
		out[i] = Point{At: from}
		for ds, d := range s.DS {
			v := float64(rapid.Int64Range(-50, 1000).Draw(t, "value"))
			switch d.Type {
			case "COUNTER":
				count[ds] += math.Abs(v)
				v = count[ds]
			case "GAUGE":
				v /= 7
			}
			if rapid.IntRange(0, 9).Draw(t, "known") == 0 {
				v = math.NaN()
			}
			out[i].Values = append(out[i].Values, v)
		}
	}
	return out
}

// filled is a file of the schema with these points.
func filled(t rapid.TB, s Schema, points []Point) *File {
	t.Helper()
	f := openMemory(t, &memory{b: empty(s)})
	mustUpdate(t, f, points)
	return f
}

func bytesOf(f *File) []byte { return f.handle.(*memory).b }

// nearly compares to one part in 1e12.
func nearly(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b), 1)
}

// sameRows compares all rows of two files of one schema.
func sameRows(t rapid.TB, got, want *File) {
	t.Helper()
	for i, a := range got.schema.RRA {
		g, err := got.Fetch(i, 0, math.MaxInt64, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := want.Fetch(i, 0, math.MaxInt64, nil)
		if err != nil {
			t.Fatal(err)
		}
		if g.End != w.End || len(g.Values) != len(w.Values) {
			t.Fatalf("archive %d: %d values up to %d, want %d up to %d", i, len(g.Values), g.End, len(w.Values), w.End)
		}
		for k := range g.Values {
			if !nearly(g.Values[k], w.Values[k]) {
				end := g.End - g.Step*int64((len(g.Values)-1-k)/g.DS)
				t.Fatalf("archive %d %+v data source %d row that ends at %d: %v, want %v", i, a, k%g.DS, end, g.Values[k], w.Values[k])
			}
		}
	}
}
