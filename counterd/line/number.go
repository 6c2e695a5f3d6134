package line

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"
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
func parseNumber(b []byte) (float64, Reason) {
	if len(b) == 0 {
		return 0, BadNoValue
	}
	digits, negative := b, false
	if b[0] == '-' || b[0] == '+' {
		digits, negative = b[1:], b[0] == '-'
	}
	if v, n := shortNumber(digits); n > 0 && n == len(digits) {
		if negative {
			v = -v
		}
		return v, Good
	}
	if !isDecimal(digits) {
		return 0, wordOrNumber(digits)
	}
	// The string lives as long as the call: ParseFloat keeps nothing of it.
	v, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	switch {
	case math.IsInf(v, 0):
		return 0, BadNotFinite
	case math.Abs(v) > maxValue:
		return 0, BadTooLarge
	}
	return v, Good
}

// shortNumber reads the digits, at most 15 with at most one point, that b begins
// with, and how many bytes they take; 0 when there are none or more. Both the
// digits and the power of ten are exact then, so one division rounds rightly.
func shortNumber(b []byte) (v float64, size int) {
	n, i := uint64(0), 0
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	if i == len(b) || b[i] != '.' {
		if i > 15 {
			return 0, 0
		}
		return float64(n), i
	}
	whole := i
	for i++; i < len(b) && b[i]-'0' <= 9; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	if digits := i - 1; digits < 1 || digits > 15 {
		return 0, 0
	}
	return float64(n) / powers[i-1-whole], i
}

// isDecimal reports whether b is an unsigned decimal number with or without an
// exponent.
func isDecimal(b []byte) bool {
	whole := digitsOf(b)
	b = b[whole:]
	fraction := 0
	if len(b) > 0 && b[0] == '.' {
		fraction = digitsOf(b[1:])
		b = b[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
			b = b[1:]
		}
		n := digitsOf(b)
		return n > 0 && n == len(b)
	}
	return len(b) == 0
}

// digitsOf returns how many digits b begins with.
func digitsOf(b []byte) int {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// wordOrNumber tells the names of what is not finite from all that is no number.
func wordOrNumber(b []byte) Reason {
	for _, w := range [...]string{"nan", "inf", "infinity"} {
		if len(b) == len(w) && bytes.EqualFold(b, []byte(w)) {
			return BadNotFinite
		}
	}
	return BadNumber
}

// parseInstant reads seconds since 1970: digits alone, more than 0.
func parseInstant(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 15 || digitsOf(b) != len(b) {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		n = n*10 + int64(c-'0')
	}
	return n, n > 0
}
