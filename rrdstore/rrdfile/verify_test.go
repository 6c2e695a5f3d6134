package rrdfile

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func noon() time.Time { return time.Unix(began+1_000_000, 0) }

// Whatever updates, late points with finer rows and reshaping leave is sound.
func TestVerifyOfWhatIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := deep(t)
		f := filled(t, s, drawPoints(t, s, began*1000, rapid.IntRange(10, 80).Draw(t, "points")))
		mustBeSound(t, f)
		points := drawPoints(t, s, began*1000, 5)
		if points[4].At <= f.LastMillis() {
			mustBackfill(t, f, began*1000, points)
			mustBeSound(t, f)
		}
		short := drawSchema(t)
		short.Step, short.DS = s.Step, s.DS
		f = mustReshape(t, f, short)
		mustBeSound(t, f)
		mustUpdate(t, f, drawPoints(t, short, f.LastMillis(), 50))
		mustBeSound(t, f)
	})
}

func mustBeSound(t rapid.TB, f *File) {
	t.Helper()
	r, err := f.Verify(noon())
	if err != nil || !r.Sound() {
		t.Fatalf("%+v, %v", r, err)
	}
}

// full is a plain series of three days.
func full(t rapid.TB) []byte {
	t.Helper()
	s := standard
	s.RRA = append([]RRA{{"AVERAGE", 30000, 1, 0.5}, {"MIN", 4608, 60, 0.5}}, s.RRA[1:]...)
	return bytesOf(filled(t, s, steady(s, began, 3*8640, func(i int) float64 { return 5 + math.Sin(float64(i)) })))
}

func TestVerifyComparesRows(t *testing.T) {
	r := verify("a", full(t), noon())
	if !r.Sound() {
		t.Fatal(r.Problems, r.FirstDiffer)
	}
	for i, want := range map[int]int64{0: 0, 2: 2879, 3: 431, 4: 71, 5: 2} {
		if a := r.Archives[i]; a.Known < want || i > 0 && a.Compared < want || a.Differ+a.Loose != 0 {
			t.Errorf("archive %d: %+v, want %d compared", i, a, want)
		}
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"row_seconds":600`) || !strings.Contains(string(b), `"problems":[]`) {
		t.Errorf("%s, %v", b, err)
	}
}

// Each of these damages is found, and said where.
func TestVerifyFindsDamage(t *testing.T) {
	good := full(t)
	f := openMemory(t, &memory{b: append([]byte(nil), good...)})
	l := layoutOf(1, len(f.schema.RRA))
	newest := func(rra int) int64 { return f.rings[rra].offset + 8*f.state.row[rra] }
	for name, c := range map[string]struct {
		damage func(b []byte)
		want   string
	}{
		"cookie":            {func(b []byte) { b[0] = 'X' }, "cookie"},
		"version":           {func(b []byte) { b[7] = '4' }, "version"},
		"step":              {func(b []byte) { putI64(b, 40, 0) }, "step 0 s"},
		"a name":            {func(b []byte) { b[statBytes] = '/' }, `name "/alue"`},
		"a pointer":         {func(b []byte) { putI64(b, int(l.pointers), 1<<20) }, "newest row 1048576 of 30000"},
		"a row shifted":     {func(b []byte) { putI64(b, int(l.pointers), f.state.row[0]-1) }, "archive 2 (AVERAGE of 60 s)"},
		"a coarse shift":    {func(b []byte) { putI64(b, int(l.pointers)+8*3, f.state.row[3]-1) }, "archive 3 (AVERAGE of 600 s)"},
		"an infinite row":   {func(b []byte) { putF64(b, int(newest(0)), math.Inf(1)) }, "is +Inf"},
		"a row":             {func(b []byte) { putF64(b, int(newest(2)), 6.5) }, "is 6.5, but "},
		"a row unknown":     {func(b []byte) { putF64(b, int(newest(2)), math.NaN()) }, "is NaN, but "},
		"a minimum":         {func(b []byte) { putF64(b, int(newest(1)), 50) }, "beyond the MIN 50 of archive 1"},
		"a maximum":         {func(b []byte) { putF64(b, int(newest(6)), 1) }, "beyond the MAX 1 of archive 6"},
		"the future":        {func(b []byte) { putI64(b, int(l.live), began+1_000_601) }, "in the future"},
		"microseconds":      {func(b []byte) { putI64(b, int(l.live)+8, 1e6) }, "1000000 µs"},
		"unknown seconds":   {func(b []byte) { putI64(b, int(l.pdp)+32, 1) }, "1 unknown seconds of 0"},
		"a last reading":    {func(b []byte) { b[l.pdp] = 'x' }, "last reading"},
		"unknown steps":     {func(b []byte) { putI64(b, int(l.cdp)+8+80*3, 1000) }, "1000 unknown steps of"},
		"an open row":       {func(b []byte) { putF64(b, int(l.cdp)+80*3, math.Inf(1)) }, "+Inf in the open row"},
		"an open step":      {func(b []byte) { putF64(b, int(l.pdp)+40, math.Inf(-1)) }, "-Inf in the open step"},
		"a source's limits": {func(b []byte) { putF64(b, statBytes+48, 5); putF64(b, statBytes+56, 4) }, "minimum 5 not below"},
	} {
		b := append([]byte(nil), good...)
		c.damage(b)
		r := verify("a", b, noon())
		if all := strings.Join(append(r.Problems, r.FirstDiffer), "\n"); r.Sound() || !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
	if r := verify("a", good[:len(good)-8], noon()); r.Sound() {
		t.Error("a short file is sound")
	}
}

func TestVerifyOfAnyBytes(t *testing.T) {
	b := bytesOf(filled(t, small, steady(small, began, 20, climb)))
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		if r := verify("a", b, noon()); len(r.Problems) > maxProblems {
			t.Fatalf("%d problems", len(r.Problems))
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
}

func TestVerifyBesideAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rrd")
	if err := Create(path, empty(small), began); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var done sync.WaitGroup
	done.Go(func() {
		for i := range 300 {
			mustUpdate(t, f, steady(small, began+30*int64(i), 3, climb))
		}
	})
	for range 100 {
		if r, err := f.Verify(noon()); err != nil || !r.Sound() {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := Verify(path, noon()); err != nil && !errors.Is(err, ErrBeingWritten) {
			t.Error(err)
		}
	}
	done.Wait()
	if r, err := Verify(path, noon()); err != nil || !r.Sound() || r.LastMillis != f.LastMillis() {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Verify(path+".none", noon()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.Truncate(path, 900); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Dir(path), os.DevNull} {
		if r, err := Verify(path, noon()); err != nil || r.Sound() {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
}

func TestVerifyComparesTheHeaderOnDisk(t *testing.T) {
	f := filled(t, small, steady(small, began, 5, climb))
	mustBeSound(t, f)
	f.header[0]++
	if r, err := f.Verify(noon()); err != nil || r.Sound() {
		t.Errorf("another header: %+v, %v", r, err)
	}
}
