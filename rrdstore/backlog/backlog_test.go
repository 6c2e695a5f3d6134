package backlog

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
	"plimsoll/rrdstore/rrdfile"
)

// sameBits makes NaN equal to NaN, and zero not to minus zero.
var sameBits = cmp.Comparer(func(a, b float64) bool {
	return a != a && b != b || math.Float64bits(a) == math.Float64bits(b)
})

func pushAll(b *Buffer, points []rrdfile.Point) {
	for _, p := range points {
		b.Push(p.At, p.Values...)
	}
}

func allOf(v View) (points []rrdfile.Point) {
	for at, values := range v.All() {
		points = append(points, rrdfile.Point{At: at, Values: slices.Clone(values)})
	}
	return points
}

// value draws what a source may send: numbers of few digits, rates, quantiles,
// and any bits at all.
func value(distance int64) *rapid.Generator[float64] {
	m := rapid.Int64Range(-1<<54, 1<<54)
	return rapid.OneOf(
		rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-128, 1 << 53}),
		rapid.Custom(func(t *rapid.T) float64 { return math.Float64frombits(rapid.Uint64().Draw(t, "bits")) }),
		rapid.Custom(func(t *rapid.T) float64 { return float64(m.Draw(t, "whole")) }),
		rapid.Custom(func(t *rapid.T) float64 { return float64(m.Draw(t, "decimal")) / 1000 }),
		rapid.Custom(func(t *rapid.T) float64 { return float64(m.Draw(t, "counted")) * 1000 / float64(distance) }),
		rapid.Custom(func(t *rapid.T) float64 {
			total := rapid.Float64Range(0, 1e9).Draw(t, "total")
			return (total + rapid.Float64Range(0, 10).Draw(t, "used") - total) * 1000 / float64(distance)
		}),
		rapid.Custom(func(t *rapid.T) float64 { return sketch.Middle(rapid.Int32Range(-9000, 66_000).Draw(t, "bucket")) }),
	)
}

func drawPoints(t *rapid.T, width int) (points []rrdfile.Point) {
	at := rapid.Int64Range(-1<<60, 1<<60).Draw(t, "begin")
	for range rapid.IntRange(0, 60).Draw(t, "points") {
		distance := rapid.OneOf(rapid.Just(int64(10_000)), rapid.Int64Range(9_990, 10_010), rapid.Int64Range(1, 1<<40)).Draw(t, "distance")
		at += distance
		points = append(points, rrdfile.Point{At: at, Values: rapid.SliceOfN(value(distance), width, width).Draw(t, "values")})
	}
	return points
}

// What is pushed, dropped, written and read again is what a slice would hold,
// to the last bit.
func TestBufferIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{1, 2, 11}).Draw(t, "width")
		b, want := New(width), []rrdfile.Point(nil)
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			more := drawPoints(t, width)
			pushAll(&b, more)
			n := rapid.IntRange(0, len(want)+len(more)).Draw(t, "dropped")
			b.Drop(n)
			want = append(want, more...)[n:]
			check(t, b.View(), want)
			again, err := Parse(width, b.Len(), b.View().Stream())
			if err != nil {
				t.Fatal(err)
			}
			check(t, again.View(), want)
			b = again
		}
	})
}

func check(t *rapid.T, v View, want []rrdfile.Point) {
	t.Helper()
	if diff := cmp.Diff(want, allOf(v), sameBits, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("held otherwise (-want +got)\n%s", diff)
	}
	after := int64(0)
	if n := len(want); n > 0 {
		after = want[rapid.IntRange(0, n-1).Draw(t, "since")].At
		if first, last := v.Ends(); first != want[0].At || last != want[n-1].At {
			t.Fatalf("from %d to %d", first, last)
		}
	}
	newer := slices.DeleteFunc(slices.Clone(want), func(p rrdfile.Point) bool { return p.At <= after })
	if diff := cmp.Diff(newer, v.Since(after), sameBits, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("since %d (-want +got)\n%s", after, diff)
	}
}

// Any sequence of instants and bits comes back.
func FuzzPush(f *testing.F) {
	f.Add(1, binary.LittleEndian.AppendUint64(make([]byte, 64), math.Float64bits(math.Pi)))
	f.Add(3, make([]byte, 200))
	f.Fuzz(func(t *testing.T, width int, data []byte) {
		if width < 1 || width > 255 {
			return
		}
		b, want := New(width), []rrdfile.Point(nil)
		for len(data) >= 8*(width+1) {
			p := rrdfile.Point{At: int64(binary.LittleEndian.Uint64(data))}
			for i := range width {
				p.Values = append(p.Values, math.Float64frombits(binary.LittleEndian.Uint64(data[8*(i+1):])))
			}
			b.Push(p.At, p.Values...)
			want = append(want, p)
			data = data[8*(width+1):]
		}
		if diff := cmp.Diff(want, allOf(b.View()), sameBits); diff != "" {
			t.Error(diff)
		}
	})
}

// A damaged stream is refused, or gives points that are written and read alike.
func FuzzParse(f *testing.F) {
	for _, width := range []int{1, 11} {
		b := New(width)
		for i := range int64(20) {
			b.Push(1_700_006_400_000+i*10_000, slices.Repeat([]float64{float64(i*i) / 7}, width)...)
			b.Push(1_700_006_400_001 + i*10_000)
		}
		f.Add(width, b.Len(), b.View().Stream())
	}
	f.Fuzz(func(t *testing.T, width, n int, stream []byte) {
		if width < 1 || width > 255 || n < 0 {
			return
		}
		b, err := Parse(width, n, stream)
		if err != nil {
			if !errors.Is(err, wire.ErrField) {
				t.Error(err)
			}
			return
		}
		again, err := Parse(width, b.Len(), b.View().Stream())
		if diff := cmp.Diff(allOf(b.View()), allOf(again.View()), sameBits); err != nil || b.Len() != n || diff != "" {
			t.Errorf("%d of %d points, %v\n%s", b.Len(), n, err, diff)
		}
	})
}

// A view is read while its buffer goes on, and changes by nothing.
func TestViewsAreReadBesideWriting(t *testing.T) {
	b := New(2)
	var readers sync.WaitGroup // those below, waited for at the end
	for i := range int64(300) {
		b.Push(i*10_000, float64(i), float64(i)/3)
		if i%5 == 0 {
			b.Drop(3)
		}
		v, first := b.View(), i-int64(b.Len())+1
		readers.Go(func() {
			for at, values := range v.All() {
				if at != first*10_000 || values[0] != float64(first) || values[1] != float64(first)/3 {
					t.Errorf("%v at %d, want those of %d", values, at, first)
				}
				first++
			}
			if first != i+1 {
				t.Errorf("ended before %d, want %d", first, i+1)
			}
		})
	}
	readers.Wait()
}

func TestMemoryIsGivenBack(t *testing.T) {
	b := New(1)
	for i := range int64(1000) {
		b.Push(i*10_000, math.Sqrt(float64(i)))
	}
	full := b.Bytes()
	b.Drop(990)
	if few := b.Bytes(); full < 5000 || few > 300 {
		t.Errorf("%d bytes, then %d", full, few)
	}
	if b.Drop(10); b.Bytes() != 0 {
		t.Errorf("%d bytes for nothing", b.Bytes())
	}
}
