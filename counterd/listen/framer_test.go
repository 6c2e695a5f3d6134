package listen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
)

// cut feeds text to a framer, at most n bytes at a time, and returns the lines that
// count and those refused.
func cut(text []byte, n, maxLine int, closed bool) (good, bad []string) {
	f := newFramer(maxLine)
	note := func(pieces []Datagram) {
		for _, d := range pieces {
			if d.Refused != line.Good {
				bad = append(bad, string(d.Data))
				continue
			}
			whole := strings.TrimSuffix(string(d.Data), "\n")
			good = append(good, strings.Split(whole, "\n")...)
		}
	}
	for len(text) > 0 {
		k := copy(f.space(), text[:min(n, len(text))])
		text = text[k:]
		note(f.add(k))
		f.settle()
	}
	note(f.end(closed))
	return good, bad
}

func TestFramerCutsAnywhere(t *testing.T) {
	long := strings.Repeat("x", 65)
	exact := strings.Repeat("y", 64)
	text := "a:1|c\nb\n" + long + "\n" + exact + "\n\n" + strings.Repeat("z", 40_000) + "\nc:2|ms\n" + long + "\nlast"
	good := []string{"a:1|c", "b", exact, "", "c:2|ms", "last"}
	bad := []string{long, strings.Repeat("z", maxShown), long}
	for _, n := range []int{1, 2, 3, 7, 63, 64, 65, 66, 1000, 16 << 10, 1 << 20} {
		g, b := cut([]byte(text), n, 64, true)
		if d := cmp.Diff(good, g); d != "" {
			t.Errorf("%d bytes at a time: %s", n, d)
		}
		if len(b) != len(bad) {
			t.Errorf("%d bytes at a time: refused %q", n, b)
		}
		for i := range b {
			if i < len(bad) && !strings.HasPrefix(bad[i], b[i][:64]) {
				t.Errorf("%d bytes at a time: refused %q", n, b[i])
			}
		}
	}
}

func TestFramerRefusesALineThatWasCutOff(t *testing.T) {
	good, bad := cut([]byte("a:1|c\nb:12"), 4, 64, false)
	if !cmp.Equal(good, []string{"a:1|c"}) || !cmp.Equal(bad, []string{"b:12"}) {
		t.Errorf("%q, %q", good, bad)
	}
}

// However a stream is cut into reads, the same lines come out, and each line of it
// once: as it was, or refused.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("a:1|c\nb:2|c\n"), 3, true)
	f.Add([]byte("\n\n"+strings.Repeat("x", 100)+"\ny"), 50, false)
	f.Fuzz(func(t *testing.T, text []byte, n int, closed bool) {
		const maxLine = 64
		n = 1 + max(n, -n-1)%200
		var good []string
		bad := 0
		end := bytes.LastIndexByte(text, '\n') + 1
		body, last := text[:end], text[end:]
		for l := range bytes.Lines(body) {
			if l = l[:len(l)-1]; len(l) > maxLine {
				bad++
			} else {
				good = append(good, string(l))
			}
		}
		switch {
		case len(last) > maxLine || len(last) > 0 && !closed:
			bad++
		case len(last) > 0:
			good = append(good, string(last))
		}
		g, b := cut(text, n, maxLine, closed)
		if d := cmp.Diff(good, g); d != "" {
			t.Error(d)
		}
		if len(b) != bad {
			t.Errorf("%d refused, want %d: %q", len(b), bad, b)
		}
	})
}
