package line

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParse holds Parse to the reference, once with a fresh parser and once with
// one that has read another line before.
func FuzzParse(f *testing.F) {
	table, err := os.ReadFile("testdata/conformance.tsv")
	if err != nil {
		f.Fatal(err)
	}
	last := []byte("users:bob|s")
	for row := range strings.Lines(string(table)) {
		in, _, _ := strings.Cut(strings.TrimSuffix(strings.ReplaceAll(row, `\\`, `\`), "\n"), "\t")
		f.Add([]byte(in), last)
		last = []byte(in)
	}
	f.Fuzz(func(t *testing.T, b, before []byte) {
		fresh, used := Parser{MaxName: 40, MaxTags: 60}, Parser{MaxName: 40, MaxTags: 60}
		ref := reference{maxName: 40, maxTags: 60}
		keep := bytes.Clone(b)
		want := ref.parse(string(b))
		used.Parse(before)
		for _, p := range []*Parser{&fresh, &used} {
			if r := p.Parse(b); r != want {
				t.Fatalf("%q after %q: %q, want %q", b, before, r, want)
			}
			if want != Good {
				continue
			}
			if diff := cmp.Diff(ref.out, p.Line, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%q after %q: (-want +got)\n%s", b, before, diff)
			}
			sane(t, p)
		}
		if !bytes.Equal(b, keep) {
			t.Fatalf("%q became %q", keep, b)
		}
	})
}

// sane checks what the daemon relies on, whatever the grammar says.
func sane(t *testing.T, p *Parser) {
	t.Helper()
	if n := p.Event != nil || p.Check != nil; n == (len(p.Samples) > 0) {
		t.Errorf("%d samples, event %v, check %v", len(p.Samples), p.Event, p.Check)
	}
	for _, s := range p.Samples {
		if math.IsNaN(s.Value) || math.Abs(s.Value) > maxValue || !(s.Rate >= 1/maxWeight && s.Rate <= 1) {
			t.Errorf("value %v, rate %v", s.Value, s.Rate)
		}
		name := MetricName(s.Kind, p.Name)
		set, r := Labels(s.Kind, name, p.Tags)
		if r == Good && (!plain(name, true) || set.Get("__name__") != name) {
			t.Errorf("labels %v", set)
		}
		for key, value := range set.Map() {
			if key != "__name__" && (!plain(key, false) || strings.HasPrefix(key, "__") || value == "") {
				t.Errorf("label %q=%q", key, value)
			}
		}
	}
}

// plain is the grammar of metric and label names, written anew.
func plain(name string, colon bool) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' && colon
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
