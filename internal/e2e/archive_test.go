package e2e

import (
	"math"
	"path/filepath"
	"testing"

	"plimsoll/rrdstore/rrdfile"
)

// archive is all rows of a file, as they stand on disk.
type archive struct {
	path   string
	last   int64 // second of its newest update
	schema *rrdfile.Schema
	rows   []rrdfile.Rows // by RRA
}

// openArchive reads a file below the archives of a data directory. Nobody may
// be writing it.
func openArchive(t *testing.T, data, path string) *archive {
	t.Helper()
	a := &archive{path: path}
	v, err := rrdfile.OpenView(filepath.Join(data, "archives", path))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	a.schema = v.Schema()
	err = v.Read(t.Context(), func(l *rrdfile.Look) error {
		a.last, a.rows = l.Last(), nil
		for i := range a.schema.RRA {
			rows, err := l.Rows(i, l.Oldest(i), l.Newest(i))
			if err != nil {
				return err
			}
			a.rows = append(a.rows, rows)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// end is the instant at which row k of an RRA ends.
func end(r rrdfile.Rows, k int) int64 {
	return r.End - int64(len(r.Values)/r.DS-1-k)*r.Step
}

// check holds every row of every tier against what the rows of the finest must
// be: fine gives the one that ends at an instant, NaN for unknown, which all are
// up to begin.
func (a *archive) check(t *testing.T, begin int64, fine func(at int64) float64) {
	t.Helper()
	for i, r := range a.rows {
		rra := a.schema.RRA[i]
		for k, got := range r.Values {
			at := end(r, k)
			want := math.NaN()
			if at > begin {
				want = consolidated(rra, a.schema.Step, at, begin, fine)
			}
			if !near(got, want) {
				t.Fatalf("%s: %s of %d s, row that ends at %d, %d before the last: %v, want %v",
					a.path, rra.CF, r.Step, at, len(r.Values)-1-k, got, want)
			}
		}
	}
}

// consolidated is the row of an RRA that ends at an instant.
func consolidated(rra rrdfile.RRA, step, at, begin int64, fine func(at int64) float64) float64 {
	known, sum, least, greatest := int64(0), 0.0, math.Inf(1), math.Inf(-1)
	for k := at; k > max(begin, at-rra.Steps*step); k -= step {
		if v := fine(k); !math.IsNaN(v) {
			known++
			sum, least, greatest = sum+v, min(least, v), max(greatest, v)
		}
	}
	if float64(rra.Steps-known) > rra.XFF*float64(rra.Steps) {
		return math.NaN()
	}
	switch rra.CF {
	case "MAX":
		return greatest
	case "MIN":
		return least
	}
	return sum / float64(known)
}

// near tells whether two numbers are the same but for the order in which they
// were summed up, or both unknown.
func near(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b))
}
