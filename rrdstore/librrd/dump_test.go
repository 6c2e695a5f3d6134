package librrd_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/rrdstore/rrdfile"
)

// rrdtool runs rrdtool and returns what it prints.
func rrdtool(t *testing.T, args ...string) string {
	t.Helper()
	var complaint bytes.Buffer
	cmd := exec.Command("rrdtool", args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("rrdtool %v: %v: %s", args, err, complaint.String())
	}
	return string(out)
}

// What we dump, rrdtool restores to what it would itself, and what it dumps, we
// do.
func TestDumpAndRestoreAreRrdtools(t *testing.T) {
	dir := t.TempDir()
	back, xml := filepath.Join(dir, "back.rrd"), filepath.Join(dir, "a.xml")
	for seed := range uint64(iterations(30)) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := randomSchema(r)
		path, _ := pair(t, dir, s, start)
		update(t, path, newStream(r, s, start*1000).points(1+r.IntN(60)))
		context := fmt.Sprintf("seed %d schema %+v", seed, s)
		want := rrdtool(t, "dump", path)

		if err := os.WriteFile(xml, dumped(t, path), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(back) // rrdtool would leave the end of a longer file
		rrdtool(t, "restore", xml, back)
		sameDump(t, rrdtool(t, "dump", back), want, "restored by rrdtool, "+context)

		sameFetches(t, back, path, context, 1e-15)

		content, err := rrdfile.Restore(strings.NewReader(want))
		if err != nil {
			t.Fatalf("%s: %v\n%s", context, err, want)
		}
		if err := rrdfile.Replace(back, content); err != nil {
			t.Fatal(err)
		}
		sameDump(t, rrdtool(t, "dump", back), want, "restored by us, "+context)
	}
}

func sameDump(t *testing.T, got, want, context string) {
	t.Helper()

	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s\nline %d: %q, want %q", context, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s\n%d lines, want %d", context, len(a), len(b))
}

func dumped(t *testing.T, path string) []byte {
	t.Helper()
	f, err := rrdfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := rrdfile.Dump(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sameFetches compares all rows of two files, to a part of each value: librrd
// reads the last digit of a number wrong at times.
func sameFetches(t *testing.T, got, want, context string, part float64) {
	t.Helper()
	var all [2][]rrdfile.Rows
	for i, path := range []string{got, want} {
		f, err := rrdfile.Open(path)
		if err != nil {
			t.Fatalf("%s: %v", context, err)
		}
		all[i] = fetches(t, f, nil)
		f.Close()
	}
	for i := range all[0] {
		for k, v := range all[1][i].Values {
			if w := all[0][i].Values[k]; math.Abs(v-w) <= part*math.Abs(v) {
				all[0][i].Values[k] = v
			}
		}
		if !same(all[0][i], all[1][i]) {
			t.Fatalf("%s\ngot  %v\nwant %v", context, all[0][i], all[1][i])
		}
	}
}
