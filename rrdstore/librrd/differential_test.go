package librrd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// iterations is n, or a hundred times that with PLIMSOLL_TORTURE set.
func iterations(n int) int {
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		return 100 * n
	}
	return n
}

// pair makes two files of equal content.
func pair(t *testing.T, dir string, s rrdfile.Schema, at int64) (ours, theirs string) {
	t.Helper()
	template, err := librrd.Template(s)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs = filepath.Join(dir, "ours.rrd"), filepath.Join(dir, "theirs.rrd")
	for _, path := range []string{ours, theirs} {
		if err := rrdfile.Create(path, template, at); err != nil {
			t.Fatal(err)
		}
	}
	return ours, theirs
}

func update(t *testing.T, path string, points []rrdfile.Point) {
	t.Helper()
	f, err := rrdfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := f.Update(points); err != nil || n != len(points) {
		t.Fatalf("applied %d of %d: %v", n, len(points), err)
	}
}

// The same points through both give the same file, to the last bit, and either
// goes on with the other's.
func TestUpdateIsLibrrds(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(iterations(1000)) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := randomSchema(r)
		at := start + r.Int64N(1_000_000)
		ours, theirs := pair(t, dir, s, at)
		points := newStream(r, s, at*1000)
		for round := range 4 {
			p := points.points(1 + r.IntN(40))
			update(t, ours, p)
			if err := librrd.Update(theirs, p); err != nil {
				t.Fatal(err)
			}
			sameContent(t, ours, theirs, fmt.Sprintf("seed %d round %d schema %+v points %v", seed, round, s, p))
			ours, theirs = theirs, ours
		}
	}
}

// The store's own schemas, a day at a time and with long silences.
func TestUpdateOfTheStoresSchemasIsLibrrds(t *testing.T) {
	for name, s := range map[string]rrdfile.Schema{"plain": plain(), "timer": timer()} {
		ours, theirs := pair(t, t.TempDir(), s, start)
		r := rand.New(rand.NewPCG(0, 5))
		points := newStream(r, s, start*1000)
		for round := range iterations(3) {
			p := points.points(3000)
			update(t, ours, p)
			if err := librrd.Update(theirs, p); err != nil {
				t.Fatal(err)
			}
			sameContent(t, ours, theirs, fmt.Sprintf("%s, round %d", name, round))
			for i := range s.RRA {
				sameRows(t, ours, i)
			}
		}
	}
}

// sameRows compares all rows of an archive with librrd's reading, where the
// resolution and the function are enough to make librrd pick that archive.
func sameRows(t *testing.T, path string, rra int) {
	t.Helper()
	f, err := rrdfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := f.Schema().RRA[rra]
	span, last := a.Steps*f.Schema().Step, f.LastRow(rra, nil)
	from, to := last-span*a.Rows, last
	got, err := f.Fetch(rra, from, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := librrd.Fetch(path, a.CF, from, to, span)
	if err != nil {
		t.Fatal(err)
	}
	want.RRA = rra
	if !same(got, want) {
		t.Fatalf("archive %d of %+v\n got %v\nwant %v", rra, f.Schema(), got, want)
	}
}

// A stamped template is what librrd would have made at that time.
func TestCreateIsLibrrds(t *testing.T) {
	dir := t.TempDir()
	theirs := filepath.Join(dir, "created.rrd")
	for seed := range uint64(iterations(50)) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := randomSchema(r)
		at := start + r.Int64N(10_000_000)
		ours, _ := pair(t, dir, s, at)
		if err := librrd.Create(theirs, s, at); err != nil {
			t.Fatal(err)
		}
		sameContent(t, ours, theirs, fmt.Sprintf("seed %d schema %+v", seed, s))
	}
}

// What librrd reads from a file is what we read.
func TestFetchIsLibrrds(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(iterations(100)) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := randomSchema(r)
		s.RRA = s.RRA[:1]
		path, _ := pair(t, dir, s, start)
		points := newStream(r, s, start*1000)
		update(t, path, points.points(60))
		sameRows(t, path, 0)
	}
}

// Fetch with points pending gives what Fetch gives after their update.
func TestFetchPendingIsFetchAfterUpdate(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(iterations(300)) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := randomSchema(r)
		path, _ := pair(t, dir, s, start)
		points := newStream(r, s, start*1000)
		update(t, path, points.points(1+r.IntN(60)))
		f, err := rrdfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		pending := points.points(r.IntN(40))
		before := fetches(t, f, pending)
		header := string(f.MutableHeader())
		if n, err := f.Update(pending); err != nil || n != len(pending) {
			t.Fatalf("applied %d of %d: %v", n, len(pending), err)
		}
		if len(pending) > 0 && header == string(f.MutableHeader()) {
			t.Fatal("update changed nothing")
		}
		// Points that are in the file already may still be pending.
		for _, again := range [][]rrdfile.Point{nil, pending} {
			after := fetches(t, f, again)
			for i := range before {
				if !same(before[i], after[i]) {
					t.Fatalf("seed %d schema %+v\npending %v\nafter   %v", seed, s, before[i], after[i])
				}
			}
		}
		f.Close()
	}
}

// fetches reads every archive: all of it, and parts.
func fetches(t *testing.T, f *rrdfile.File, pending []rrdfile.Point) []rrdfile.Rows {
	t.Helper()
	var out []rrdfile.Rows
	for i, a := range f.Schema().RRA {
		span := f.Schema().Step * a.Steps
		last := f.LastRow(i, pending)
		for _, part := range [][2]int64{
			{math.MinInt64, math.MaxInt64},
			{last - 3*span, last - span},
			{last - span - 1, last - 1},
			{last - span*a.Rows - 5, last - span*a.Rows/2},
			{last, last + 100*span},
			{last, last - 50},
		} {
			rows, err := f.Fetch(i, part[0], part[1], pending)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, rows)
		}
	}
	return out
}

func same(a, b rrdfile.Rows) bool {
	if a.RRA != b.RRA || a.Step != b.Step || a.End != b.End || a.DS != b.DS || len(a.Values) != len(b.Values) {
		return false
	}
	for i, v := range a.Values {
		if w := b.Values[i]; v != w && !(math.IsNaN(v) && math.IsNaN(w)) {
			return false
		}
	}
	return true
}
