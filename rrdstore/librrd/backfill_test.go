package librrd_test

import (
	"math/rand/v2"
	"testing"

	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// A file that got a third of its points late is what librrd makes of all of them
// in order, in every archive: to the last digits of a sum.
func TestBackfillIsLibrrdInOrder(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(iterations(20)) {
		r := rand.New(rand.NewPCG(seed, 8))
		ours, theirs := pair(t, dir, plain(), start)
		var all, inTime []rrdfile.Point
		for i := range 1 + r.IntN(2000) {
			p := rrdfile.Point{At: (start + 10*int64(i+1)) * 1000, Values: []float64{float64(r.IntN(10000)) / 100}}
			all = append(all, p)
			if r.IntN(3) > 0 {
				inTime = append(inTime, p)
			}
		}
		if last := all[len(all)-1]; len(inTime) == 0 || inTime[len(inTime)-1].At != last.At {
			inTime = append(inTime, last)
		}
		update(t, ours, inTime)
		if err := librrd.Update(theirs, all); err != nil {
			t.Fatal(err)
		}
		f, err := rrdfile.Open(ours)
		if err != nil {
			t.Fatal(err)
		}
		// In two parts, the later one first.
		cut := r.IntN(len(all))
		for _, part := range [][]rrdfile.Point{all[cut:], all[:cut]} {
			if len(part) == 0 {
				continue
			}
			if _, err := f.Backfill(part[0].At-10_000, part); err != nil {
				t.Fatal(err)
			}
		}
		f.Close()
		more := newStream(r, plain(), all[len(all)-1].At).points(50)
		update(t, ours, more)
		if err := librrd.Update(theirs, more); err != nil {
			t.Fatal(err)
		}
		sameFetches(t, ours, theirs, "backfilled", 1e-12)
	}
}
