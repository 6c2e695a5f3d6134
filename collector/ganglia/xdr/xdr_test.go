package xdr

import (
	"encoding/hex"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captured are the packets that gmond and gmetric of Debian's ganglia-monitor
// 3.7.2 sent in 45 seconds: all of gmond's default configuration, and gmetric with
// and without spoofing, groups, a title, a description and another slope.
func captured(t testing.TB) (all [][]byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/gmond-3.7.2.hex")
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		b, err := hex.DecodeString(strings.TrimSpace(l))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func TestRealPacketsSurviveParseAndAppend(t *testing.T) {
	seen := map[ID]int{}
	for _, b := range captured(t) {
		p, err := Parse(b)
		if err != nil {
			t.Errorf("%x: %v", b, err)
			continue
		}
		seen[p.ID]++
		if d := cmp.Diff(b, Append(nil, p)); d != "" {
			t.Errorf("%+v: %s", p, d)
		}
	}
	for _, id := range []ID{Metadata, Ushort, Uint, String, Float, Double} {
		if seen[id] == 0 {
			t.Errorf("no packet with id %d was captured", id)
		}
	}
}

func TestGmetricsPacketByHand(t *testing.T) {
	b, err := hex.DecodeString("00000085" + "00000002766d0000" + "000000096469736b2d7574696c000000" +
		"00000000" + "0000000225730000" + "0000000234320000")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(b)
	want := Packet{ID: String, Host: "vm", Name: "disk-util", Format: "%s", Value: Value{Text: "42"}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

func TestEveryKindOfValue(t *testing.T) {
	for id, v := range map[ID]float64{Ushort: 65535, Short: -32768, Int: math.MinInt32, Uint: math.MaxUint32, Float: -1.5, Double: 1e300} {
		in := Packet{ID: id, Host: "10.0.0.1:a", Name: "m", Spoofed: true, Format: "%x", Value: Value{Number: v}}
		out, err := Parse(Append(nil, in))
		if d := cmp.Diff(in, out); d != "" || err != nil {
			t.Errorf("%d: %v %s", id, err, d)
		}
	}
}

func TestEveryPrefixOfAPacketIsRefused(t *testing.T) {
	for _, b := range captured(t) {
		p, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(b) - 3 { // the last padding may be missing
			if short, err := Parse(b[:n]); err == nil && cmp.Diff(p, short) != "" {
				t.Errorf("the first %d of %d bytes of %q are taken for %+v", n, len(b), p.Name, short)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	word := func(n uint32) []byte { return appendU32(nil, n) }
	long := Append(nil, Packet{ID: Metadata, Name: "m", Info: Info{Type: "float"}})
	copy(long[len(long)-4:], word(1<<31))
	other := appendInfo(Append(nil, Packet{ID: Request, Name: "m"}), "n", Info{})
	copy(other, word(uint32(Metadata)))
	for why, b := range map[string][]byte{
		"ends in the middle":    nil,
		"before 3.1":            word(5),
		"not in 128..136":       word(137),
		"more than 64":          long,
		`says it is of "n"`:     other,
		"ends in the middle: 1": append(word(133), word(math.MaxUint32)...),
	} {
		why, _, _ = strings.Cut(why, ": 1")
		if _, err := Parse(b); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%x: %v, want %q", b, err, why)
		}
	}
	if _, err := Parse(word(5)); !errors.Is(err, ErrOld) {
		t.Error("an old packet is not told apart")
	}
}

func TestPrintsAsTheFormatSays(t *testing.T) {
	for want, p := range map[string]Packet{
		"33.4":      {ID: Float, Format: "%.1f", Value: Value{Number: float64(float32(33.4))}},
		"4022808":   {ID: Float, Format: "%.0f", Value: Value{Number: 4022808}},
		"270.553":   {ID: Double, Format: "%.3lf", Value: Value{Number: 270.5531}},
		"1.5":       {ID: Double, Format: "%n%n%n.99999f", Value: Value{Number: 1.5}},
		"65535":     {ID: Ushort, Format: "%hu", Value: Value{Number: 65535}},
		"as it was": {ID: String, Format: "%s", Value: Value{Text: "as it was"}},
	} {
		if got := p.Print(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSlopes(t *testing.T) {
	for s := Zero; s <= Derivative; s++ {
		if back, ok := ParseSlope(s.String()); !ok || back != s {
			t.Errorf("%d is written as %q and read as %d", s, s, back)
		}
	}
	if _, ok := ParseSlope("up"); ok || Slope(99).String() != "unspecified" {
		t.Error("a slope that is none was taken")
	}
}

func FuzzParse(f *testing.F) {
	for _, b := range captured(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(Append(nil, p))
		if err != nil {
			t.Fatalf("%+v is written as what is refused: %v", p, err)
		}
		if p.Value.Number == p.Value.Number { // not a NaN, which equals nothing
			if d := cmp.Diff(p, again); d != "" {
				t.Fatal(d)
			}
		}
		_ = p.Print()
	})
}
