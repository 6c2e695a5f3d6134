package librrd_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"
)

// canonical is the content of a file without what may differ between two files
// of equal content: where in its ring an archive starts, and the bits of NaN.
// It has its own idea of the layout, so that an error in rrdfile's shows.
func canonical(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint64(b[at:])) }
	ds, rra := word(24), word(32)
	pointers := 128 + 120*ds + 120*rra + 16 + 112*ds + 80*ds*rra
	rows := pointers + 8*rra
	out := append([]byte(nil), b[:pointers]...)
	for i := range rra {
		n, row := word(128+120*ds+120*i+24), 8*ds
		cut := rows + row*(word(pointers+8*i)+1)
		out = append(out, b[cut:rows+n*row]...)
		out = append(out, b[rows:cut]...)
		rows += n * row
	}
	if rows != len(b) {
		t.Fatalf("%s: %d bytes, rows end at %d", path, len(b), rows)
	}
	return plainNaN(out, 128+120*ds+120*rra)
}

// plainNaN gives all NaN of the doubles from offset on the same bits.
func plainNaN(b []byte, from int) []byte {
	for at := from; at < len(b); at += 8 {
		if math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(b[at:]))) {
			binary.LittleEndian.PutUint64(b[at:], math.Float64bits(math.NaN()))
		}
	}
	return b
}

func sameContent(t *testing.T, ours, theirs, context string) {
	t.Helper()
	a, b := canonical(t, ours), canonical(t, theirs)
	if bytes.Equal(a, b) {
		return
	}
	for at := 0; at+8 <= len(a); at += 8 {
		if x, y := a[at:at+8], b[at:at+8]; !bytes.Equal(x, y) {
			t.Errorf("%s\nfirst difference at byte %d: ours %s, librrd's %s", context, at, show(x), show(y))
			break
		}
	}
	t.FailNow()
}

func show(b []byte) string {
	u := binary.LittleEndian.Uint64(b)
	return fmt.Sprintf("%v (%d, %q)", math.Float64frombits(u), u, b)
}
