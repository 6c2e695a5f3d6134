package counterd

import (
	"bytes"
	"math"
	"strconv"
)

// powers of ten that float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// The greatest magnitudes: of any value, whose square must not overflow in a
// standard deviation; of a count, past which float64 loses single increments;
// and of the weight that a sample rate gives.
const (
	maxValue  = 1e100
	maxCount  = 1 << 53
	maxWeight = 1e9
)

// parseNumber reads a decimal number: 5, -5, +5, 0.25, .5, 1e3. No hexadecimal,
// no underscores; "inf" and "nan" are numbers, but not finite.
func parseNumber(b []byte) (float64, reason) {
	if v, ok := parseShort(b); ok {
		return v, good
	}
	if len(b) == 0 {
		return 0, badNoValue
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, wordOrNumber(b)
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	switch {
	case math.IsInf(v, 0):
		return 0, badNotFinite
	case err != nil:
		return 0, badNumber
	case math.Abs(v) > maxValue:
		return 0, badTooLarge
	}
	return v, good
}

// parseShort reads up to 15 digits with at most one point and one sign: both the
// digits and the power of ten are exact then, so one division rounds rightly.
func parseShort(b []byte) (float64, bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	n, digits, point := int64(0), 0, -1
	for i, c := range b {
		switch {
		case c-'0' <= 9:
			n = n*10 + int64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	v := float64(n)
	if point >= 0 {
		v /= powers[len(b)-1-point]
	}
	if negative {
		v = -v
	}
	return v, true
}

// wordOrNumber tells the names of what is not finite from all that is no number.
func wordOrNumber(b []byte) reason {
	b = bytes.TrimLeft(b, "+-")
	for _, w := range [...]string{"nan", "inf", "infinity"} {
		if bytes.EqualFold(b, []byte(w)) {
			return badNotFinite
		}
	}
	return badNumber
}
