package librrd_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// librrd reads a file that was made another, and goes on with it as we do.
func TestLibrrdGoesOnWithAReshapedFile(t *testing.T) {
	dir := t.TempDir()
	theirs := filepath.Join(dir, "reshaped.rrd")
	for seed := range uint64(iterations(200)) {
		r := rand.New(rand.NewPCG(seed, 6))
		from, to := randomSchema(r), randomSchema(r)
		ours, _ := pair(t, dir, from, start)
		points := newStream(r, from, start*1000)
		update(t, ours, points.points(1+r.IntN(60)))
		b := reshaped(t, ours, to)
		for _, path := range []string{ours, theirs} {
			if err := rrdfile.Replace(path, b); err != nil {
				t.Fatal(err)
			}
			if err := librrd.Verify(path); err != nil {
				t.Fatal(err)
			}
		}
		points.schema = to
		p := points.points(30)
		update(t, ours, p)
		if err := librrd.Update(theirs, p); err != nil {
			t.Fatal(err)
		}
		sameContent(t, ours, theirs, fmt.Sprintf("seed %d from %+v to %+v", seed, from, to))
	}
}

func reshaped(t *testing.T, path string, to rrdfile.Schema) []byte {
	t.Helper()
	template, err := librrd.Template(to)
	if err != nil {
		t.Fatal(err)
	}
	f, err := rrdfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := rrdfile.Reshape(f, template)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
