package xdr

import (
	"fmt"
	"math"
	"strconv"
)

// bits are the whole types of gmetric -t, and whether they have a sign.
var bits = map[string]struct {
	size   int
	signed bool
}{
	"int8": {8, true}, "uint8": {8, false}, "int16": {16, true}, "uint16": {16, false},
	"int32": {32, true}, "uint32": {32, false},
}

// CheckValue says what is wrong with a value of a type as gmetric -t has it. gmetric
// itself lets a uint8 of 300 pass, and gmond too.
func CheckValue(kind, value string) error {
	if whole, is := bits[kind]; is {
		return checkWhole(kind, value, whole.size, whole.signed)
	}
	switch kind {
	case "string":
		return nil
	case "float", "double":
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil && !math.IsInf(n, 0):
			return fmt.Errorf("value %q is not a number, which %s wants", value, kind)
		case math.IsInf(n, 0) || math.IsNaN(n) || kind == "float" && math.Abs(n) > math.MaxFloat32:
			return fmt.Errorf("value %q is not in the range of %s", value, kind)
		}
		return nil
	}
	return fmt.Errorf("type %q is not string, int8, uint8, int16, uint16, int32, uint32, float or double", kind)
}

func checkWhole(kind, value string, size int, signed bool) error {
	low, high := int64(0), int64(1)<<size-1
	if signed {
		low, high = -(int64(1) << (size - 1)), int64(1)<<(size-1)-1
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		if f, err := strconv.ParseFloat(value, 64); err != nil || f == math.Trunc(f) && math.Abs(f) < math.MaxInt64 {
			return fmt.Errorf("value %q is not a whole number in digits, which %s wants", value, kind)
		}
		return fmt.Errorf("value %q is not a whole number in %d..%d, the range of %s", value, low, high, kind)
	}
	if n < low || n > high {
		return fmt.Errorf("value %q is not in %d..%d, the range of %s", value, low, high, kind)
	}
	return nil
}
