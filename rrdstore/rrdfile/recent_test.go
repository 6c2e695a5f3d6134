package rrdfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// remembering opens a file that keeps up to n values of each archive.
func remembering(t rapid.TB, m *memory, n int) *File {
	t.Helper()
	f, err := (&Opener{Recent: n}).open("memory", m, int64(len(m.b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sameBits compares what a file that remembers answers with what one that has
// just been opened reads, bit for bit.
func sameBits(t *rapid.T, f *File, pending []Point) {
	t.Helper()
	rra := rapid.IntRange(0, len(f.schema.RRA)-1).Draw(t, "archive")
	span := f.span(rra)
	newest := f.state.sec + span*rapid.Int64Range(-40, 3).Draw(t, "to")
	from := newest - span*rapid.Int64Range(0, 40).Draw(t, "rows")
	got, err := f.Fetch(rra, from, newest, pending)
	if err != nil {
		t.Fatal(err)
	}
	want, err := openMemory(t, f.handle.(*memory)).Fetch(rra, from, newest, pending)
	if err != nil {
		t.Fatal(err)
	}
	if got.End != want.End || got.Step != want.Step || len(got.Values) != len(want.Values) || !bytes.Equal(bits(got.Values), bits(want.Values)) {
		t.Fatalf("archive %d from %d to %d: %v up to %d, want %v up to %d", rra, from, newest, got.Values, got.End, want.Values, want.End)
	}
	if got.Source == FromNone != (want.Source == FromNone) || want.Source == FromMemory {
		t.Fatalf("rows are from %d, and from %d", got.Source, want.Source)
	}
}

// bits are those of values as a file would have them: rows that are still pending
// have another unknown.
func bits(values []float64) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, bitsOf(v))
	}
	return b
}

// Whatever happens to a file, what it remembers is what it holds.
func TestRecentRowsAreThoseOfTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := deep(t)
		m := &memory{b: empty(s)}
		f := remembering(t, m, rapid.SampledFrom([]int{0, 10, 60, 100_000}).Draw(t, "kept"))
		at := int64(began * 1000)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				sum := 0
				for _, a := range f.recent.archives {
					sum += 8 * len(a.values)
				}
				if f.RecentBytes() != int64(sum) {
					t.Fatalf("%d bytes are said to be %d", sum, f.RecentBytes())
				}
			},
			"fetch": func(t *rapid.T) { sameBits(t, f, nil) },
			"fetch with pending": func(t *rapid.T) {
				sameBits(t, f, drawPoints(t, s, at, rapid.IntRange(0, 9).Draw(t, "points")))
			},
			"update": func(t *rapid.T) {
				points := drawPoints(t, s, at, rapid.IntRange(1, 30).Draw(t, "points"))
				if rapid.IntRange(0, 3).Draw(t, "gap") == 0 {
					points[len(points)-1].At += s.Step * 1000 * rapid.Int64Range(1, 2000).Draw(t, "steps")
				}
				mustUpdate(t, f, points)
				at = points[len(points)-1].At
			},
			"update that fails": func(t *rapid.T) {
				m.writes, m.failAt, m.torn = 0, rapid.IntRange(1, 3).Draw(t, "write"), rapid.Bool().Draw(t, "torn")
				points := drawPoints(t, s, at, 20)
				header := f.MutableHeader()
				_, err := f.Update(points)
				m.failAt = 0
				if err == nil {
					at = points[len(points)-1].At
				} else if err := f.RestoreHeader(header); err != nil { // a torn one cannot be compared with
					t.Fatal(err)
				}
			},
			"backfill": func(t *rapid.T) {
				begin := max(began*1000, at-s.Step*1000*rapid.Int64Range(1, 50).Draw(t, "ago"))
				points := drawPoints(t, s, begin, 5)
				if points[4].At <= at {
					mustBackfill(t, f, begin, points)
				}
			},
			"forget": func(*rapid.T) { f.ForgetRecent() },
		})
	})
}

// What is asked for again is read once, and goes on with updates.
func TestRowsAreReadOnce(t *testing.T) {
	f := remembering(t, &memory{b: empty(standard)}, 1000)
	mustUpdate(t, f, steady(standard, began, 1000, climb))
	fetch := func(rra int, from, to int64) Source {
		t.Helper()
		rows, err := f.Fetch(rra, began+from, began+to, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range rows.Values {
			if want := float64((rows.End-began)/10 - int64(len(rows.Values)-1-i)); rra == 0 && v != want {
				t.Fatalf("row %d is %v, want %v", i, v, want)
			}
		}
		return rows.Source
	}
	steps := []struct {
		what     string
		rra      int
		from, to int64
		want     Source
	}{
		{"the first time", 0, 6400, 10_000, FromFile},
		{"again", 0, 6400, 10_000, FromMemory},
		{"a part", 0, 7000, 9000, FromMemory},
		{"more", 0, 5400, 10_000, FromFile},
		{"what is long past, alone", 0, 400, 600, FromFile},
		{"that again", 0, 400, 600, FromFile},
		{"the newest still", 0, 5400, 10_000, FromMemory},
		{"another archive", 1, 6400, 10_000, FromFile},
		{"nothing", 0, 20_000, 30_000, FromNone},
	}
	for _, c := range steps {
		if got := fetch(c.rra, c.from, c.to); got != c.want {
			t.Errorf("%s: from %d, want %d", c.what, got, c.want)
		}
	}
	kept := f.RecentBytes()
	for i := range int64(10) {
		mustUpdate(t, f, []Point{{At: (began + 10_010 + 10*i) * 1000, Values: []float64{float64(1001 + i)}}})
	}
	if got := fetch(0, 5500, 10_100); got != FromMemory {
		t.Error("after updates the newest are read again")
	}
	if f.RecentBytes() != kept || kept > 8*(460+60+61) {
		t.Errorf("%d bytes are kept, %d before the updates", f.RecentBytes(), kept)
	}
}

// What an answer holds does not change when the file does.
func TestAnswersStayAsTheyAre(t *testing.T) {
	f := remembering(t, &memory{b: empty(standard)}, 1000)
	mustUpdate(t, f, steady(standard, began, 100, climb))
	var answers []Rows
	for i := range int64(50) {
		rows, err := f.Fetch(0, began, math.MaxInt32, nil)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, rows)
		mustUpdate(t, f, []Point{{At: (began + 1010 + 10*i) * 1000, Values: []float64{float64(101 + i)}}})
	}
	for i, rows := range answers {
		for k, v := range rows.Values {
			if v != float64(k+1) {
				t.Fatal(fmt.Sprint("answer ", i, ": row ", k, " is ", v))
			}
		}
	}
}
