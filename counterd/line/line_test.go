package line

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestParseAllocatesNothing(t *testing.T) {
	lines := map[string]string{
		"very long number": "a:0." + strings.Repeat("3", 60) + "|g", "etsy": "a:1|c:2|c|@0.5:3|ms",
		"bad value": "a:x|c", "bad number": "a:1e|c", "bad type": "a:1|q", "control": "a\x01",
	}
	for name, in := range benchLines {
		lines[name] = in
	}
	p := Parser{MaxName: 250, MaxTags: 1000}
	for name, in := range lines {
		b := []byte(in)
		if n := testing.AllocsPerRun(100, func() { p.Parse(b) }); n != 0 {
			t.Errorf("%s: %q allocates %v times", name, in, n)
		}
	}
}

// Every byte at every place of names of every length: the words of eight bytes
// must not overlook one.
func TestEveryByteEverywhere(t *testing.T) {
	for length := 1; length <= 18; length++ {
		for at := range length {
			for c := range 256 {
				b := []byte(strings.Repeat("x", length))
				b[at] = byte(c)
				p, ref := Parser{MaxName: 250, MaxTags: 10}, reference{maxName: 250, maxTags: 10}
				got, want := p.Parse(b), ref.parse(string(b))
				if got != want || got == Good && cmp.Diff(ref.out, p.Line, cmpopts.EquateEmpty()) != "" {
					t.Fatalf("%q: %q %+v, want %q %+v", b, got, p.Line, want, ref.out)
				}
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]float64{
		"0": 0, "-0": 0, "1": 1, "+7": 7, "-7.5": -7.5, ".5": 0.5, "5.": 5, "-.5": -0.5,
		"123456789012345": 123456789012345, "1234567890123456": 1234567890123456, "0.1": 0.1, "1e-3": 0.001,
		"250.9": 250.9, "999999999999.999": 999999999999.999, "1E2": 100, "0.30000000000000004": 0.30000000000000004,
		"000000000000000000001": 1, "99999999999999999999": 99999999999999999999, "1e-999": 0,
	} {
		if got, r := parseNumber([]byte(in)); r != Good || got != want {
			t.Errorf("%q: %v %v, want %v", in, got, r, want)
		}
	}
	for in, want := range map[string]Reason{
		"": BadNoValue, ".": BadNumber, "-": BadNumber, "+": BadNumber, "1.2.3": BadNumber, "1e": BadNumber, "1e+": BadNumber,
		"e1": BadNumber, "--1": BadNumber, "1 2": BadNumber, "0x1": BadNumber, "0b1": BadNumber, "1_0": BadNumber, "١": BadNumber, "infinite": BadNumber,
		"NaN": BadNotFinite, "-Inf": BadNotFinite, "+infinity": BadNotFinite, "1e999": BadNotFinite, "-1e101": BadTooLarge,
	} {
		if _, r := parseNumber([]byte(in)); r != want {
			t.Errorf("%q: %q, want %q", in, r, want)
		}
	}
}

// Whatever a client can write comes back as it was meant.
func TestRoundTrip(t *testing.T) {
	types := map[Kind]string{Counter: "c", Millis: "ms", Value: "d", Gauge: "g"}
	rapid.Check(t, func(t *rapid.T) {
		want := Line{Name: []byte(rapid.StringMatching(`[a-zA-Z0-9.-][a-zA-Z0-9_.-]{0,30}`).Draw(t, "name"))}
		k := rapid.SampledFrom([]Kind{Counter, Millis, Value, Gauge}).Draw(t, "kind")
		rate := rapid.SampledFrom([]float64{1, 0.5, 0.1, 1.0 / 3}).Draw(t, "rate")
		format := rapid.SampledFrom([]string{"%v", "%e", "%.6f"}).Draw(t, "format")
		values := rapid.SliceOfN(rapid.Float64Range(0, 1<<49), 1, 5).Draw(t, "values")
		text := string(want.Name)
		for _, v := range values {
			word := fmt.Sprintf(format, v)
			var s float64
			if _, err := fmt.Sscan(word, &s); err != nil {
				t.Fatal(err)
			}
			text += ":" + word
			want.Samples = append(want.Samples, Sample{Kind: k, Value: s, Rate: rate})
		}
		parts := []string{fmt.Sprintf("@%v", rate), "c:ci-1"}
		want.Ignored = 1
		if k == Counter || k == Gauge {
			want.At = rapid.Int64Range(1, 1e12).Draw(t, "at")
			parts = append(parts, fmt.Sprintf("T%d", want.At))
		}
		if tags := rapid.StringMatching(`[a-z]:[a-zé:/ ]*(,[a-z]:[a-z]*)*`).Draw(t, "tags"); len(tags) < 200 {
			want.Tags = []byte(tags)
			parts = append(parts, "#"+tags)
		}
		text += "|" + types[k] + "|" + strings.Join(rapid.Permutation(parts).Draw(t, "parts"), "|")
		p := Parser{MaxName: 250, MaxTags: 1000}
		if r := p.Parse([]byte(text)); r != Good {
			t.Fatalf("%q: %v", text, r)
		}
		if diff := cmp.Diff(want, p.Line); diff != "" {
			t.Fatalf("%q: (-want +got)\n%s", text, diff)
		}
	})
}

func TestNext(t *testing.T) {
	var got []string
	for b := []byte("a:1|c\n\r\n  b  \r\n\n c\r\r\nlast "); len(b) > 0; {
		var l []byte
		l, b = Next(b)
		got = append(got, string(l))
	}
	want := []string{"a:1|c", "", "b", "", "c\r", "last"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEmptyAndUnlimited(t *testing.T) {
	p := Parser{MaxName: math.MaxInt, MaxTags: math.MaxInt}
	if r := p.Parse(nil); r != BadEmptyName {
		t.Errorf("nothing: %q", r)
	}
	long := []byte(strings.Repeat("x", 70000) + ":1|c|#" + strings.Repeat("y", 70000))
	if r := p.Parse(long); r != Good || len(p.Name) != 70000 || len(p.Tags) != 70000 {
		t.Errorf("a long line: %q", r)
	}
	p = Parser{}
	if r := p.Parse([]byte("a")); r != BadLongName {
		t.Errorf("a parser without limits set: %q", r)
	}
}

func TestEventsAndChecksAreCopies(t *testing.T) {
	for _, in := range []string{"_e{1,1}:a|b|h:c|k:d|s:e|#f", "_sc|a|0|h:b|#c|m:d"} {
		p, b := Parser{MaxName: 10, MaxTags: 10}, []byte(in)
		if r := p.Parse(b); r != Good {
			t.Fatal(r)
		}
		before := p.Line
		show := fmt.Sprintf("%+v %+v", before.Event, before.Check)
		for i := range b {
			b[i] = '!'
		}
		p.Parse([]byte("x"))
		if after := fmt.Sprintf("%+v %+v", before.Event, before.Check); after != show || p.Event != nil || p.Check != nil {
			t.Errorf("%s became %s, then %v %v", show, after, p.Event, p.Check)
		}
	}
}

func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := range Reason(Reasons) {
		if text := r.String(); seen[text] || (text == "") != (r == Good) {
			t.Errorf("reason %d is %q", r, text)
		}
		seen[r.String()] = true
	}
	if got := Reason(Reasons).String() + Kind(Kinds).String(); got != "unknown reasonunknown kind" {
		t.Error(got)
	}
}
