package rrdstore

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"plimsoll/rrdstore/rrdfile"
)

// eachRow calls do with every row of every archive of a file below the data
// directory, as they stand on disk.
func eachRow(t *testing.T, dir, path string, do func(rra rrdfile.RRA, r row) error) {
	t.Helper()
	f, err := rrdfile.Open(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, rra := range f.Schema().RRA {
		rows, err := f.Fetch(i, 0, f.LastMillis()/1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range splitRows(rows) {
			if err := do(rra, r); err != nil {
				t.Errorf("%s: %s of %d steps, row that ends %d s after the begin: %v", path, rra.CF, rra.Steps, (r.at-epoch)/1000, err)
				return
			}
		}
	}
}

// expect returns a check of rows against what fine says of those of the finest
// tier, by the round that they end in; NaN is unknown.
func expect(fine func(i int64) float64) func(rrdfile.RRA, row) error {
	return func(rra rrdfile.RRA, r row) error {
		if want := consolidated(rra, r.at, fine); !agrees(r.values[0], want) {
			return fmt.Errorf("%v, want %v", r.values[0], want)
		}
		return nil
	}
}

// consolidated is the row of an archive that ends at an instant, of rounds from
// the first on.
func consolidated(rra rrdfile.RRA, at int64, fine func(i int64) float64) float64 {
	known, sum, least, greatest := int64(0), 0.0, math.Inf(1), math.Inf(-1)
	last := (at - epoch) / 10_000
	for i := max(1, last-rra.Steps+1); i <= last; i++ {
		if v := fine(i); !math.IsNaN(v) {
			known++
			sum, least, greatest = sum+v, min(least, v), max(greatest, v)
		}
	}
	if known == 0 || float64(rra.Steps-known) > rra.XFF*float64(rra.Steps) {
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

func agrees(a, b float64) bool { return near(a, b) || math.IsNaN(a) && math.IsNaN(b) }

// tiersAgree checks that each row of the coarser tiers follows from those of the
// finest, which has all rounds still.
func tiersAgree(t *testing.T, dir, path string) {
	t.Helper()
	fine := map[int64]float64{}
	eachRow(t, dir, path, func(rra rrdfile.RRA, r row) error {
		if rra.Steps == 1 {
			fine[(r.at-epoch)/10_000] = r.values[0]
			return nil
		}
		return expect(func(i int64) float64 { return fine[i] })(rra, r)
	})
}
