package sketch

import "math"

const (
	schema       = 6
	perOctave    = 1 << schema
	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
	// cellBits cut an octave into 128 cells, each narrower than the narrowest
	// bucket (0.0078 against 0.0109), so that a cell holds one border at most.
	cellBits = schema + 1
)

// zeroThreshold is the default of Prometheus' native histograms; all above it
// are normal float64 numbers.
const zeroThreshold = 0x1p-128

// octave maps the cells of an octave to buckets. It is never written after the
// start of the program.
var octave = newOctave()

type octaveTable struct {
	first  [1 << cellBits]uint8 // the bucket of a cell's begin
	border [perOctave]uint64    // the mantissa of each bucket's upper end
}

func newOctave() *octaveTable {
	t := new(octaveTable)
	for i := range t.border {
		t.border[i] = math.Float64bits(math.Exp2(float64(i)/perOctave)) & mantissaMask
	}
	for c := range t.first {
		m := uint64(c) << (mantissaBits - cellBits)
		i := uint8(0)
		for int(i) < perOctave && t.border[i] < m {
			i++
		}
		t.first[c] = i
	}
	return t
}

// bucketIndex returns i with b^(i-1) < v <= b^i, for v > zeroThreshold.
func bucketIndex(v float64) int32 {
	bits := math.Float64bits(v)
	m := bits & mantissaMask
	i := int32(octave.first[m>>(mantissaBits-cellBits)])
	if i < perOctave && m > octave.border[i] {
		i++
	}
	return i + int32(int(bits>>mantissaBits)-1023)<<schema
}

// middle returns the geometric middle of bucket i.
func middle(i int32) float64 { return math.Exp2((float64(i) - 0.5) / perOctave) }

// Bucket returns the number of the bucket that v falls into, ok if v lies above
// what counts as zero and is finite.
func Bucket(v float64) (i int32, ok bool) {
	if !(v > zeroThreshold) || v > math.MaxFloat64 {
		return 0, false
	}
	return bucketIndex(v), true
}

// Middle returns what stands for all values of bucket i: most quantiles are one
// of these.
func Middle(i int32) float64 { return middle(i) }
