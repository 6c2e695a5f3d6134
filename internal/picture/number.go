package picture

import (
	"math"
	"strconv"
	"strings"
)

// scale is a unit that numbers are read in: how many base units, and its name.
type scale struct {
	divisor float64
	name    string
}

// scaleOf returns the unit in which v reads best, as the pages choose it
// (dashboard/web, lib/format.js).
func scaleOf(v float64, unit string) scale {
	size := math.Abs(rounded(v))
	switch unit {
	case "%":
		return scale{1, "%"}
	case "s":
		return secondsScale(size)
	}
	for _, p := range []struct {
		from float64
		name string
	}{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if size >= p.from {
			return scale{p.from, p.name + unit}
		}
	}
	return scale{1, unit}
}

func secondsScale(size float64) scale {
	if size == 0 {
		return scale{1, "s"}
	}
	for _, d := range []struct {
		from, divisor float64
		name          string
	}{
		{172800, 86400, "d"},
		{7200, 3600, "h"},
		{120, 60, "min"},
		{1, 1, "s"},
		{1e-3, 1e-3, "ms"},
		{1e-6, 1e-6, "µs"},
	} {
		if size >= d.from {
			return scale{d.divisor, d.name}
		}
	}
	return scale{1e-9, "ns"}
}

// text writes v in a unit: "1.23 kB/s", "12/s".
func (s scale) text(v float64) string {
	if v == 0 {
		return "0"
	}
	number := digits(v / s.divisor)
	if s.name == "" || strings.HasPrefix(s.name, "/") {
		return number + s.name
	}
	return number + "\u00a0" + s.name
}

// rounded keeps three significant digits.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v // past the greatest number there is
	}
	return r
}

// digits writes v with at most three significant digits.
func digits(v float64) string {
	r := rounded(v)
	if size := math.Abs(r); size != 0 && (size < 1e-9 || size >= 1e15) {
		return strconv.FormatFloat(r, 'g', -1, 64)
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}

// tick is a mark of an axis.
type tick struct {
	at   float64 // in what the axis counts
	text string
}

// valueTicks marks the value axis, with about n marks, all in one unit.
func valueTicks(bottom, top float64, n int, unit string) []tick {
	in := scaleOf(max(math.Abs(bottom), math.Abs(top)), unit)
	step := nice((top-bottom)/in.divisor/float64(max(n, 1))) * in.divisor
	var ticks []tick
	for i := math.Ceil(bottom / step); i <= math.Floor(top/step) && len(ticks) <= 2*n+2; i++ {
		ticks = append(ticks, tick{i * step, in.text(i * step)})
	}
	return ticks
}

// nice is 1, 2 or 5 times a power of ten, at least v.
func nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}
