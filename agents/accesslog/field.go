package accesslog

import (
	"strconv"
	"strings"
	"time"
)

// The fields that servers share. Each takes the name that errors show.

func skip(name string) field { return field{name: name} }

func textField(name string, set func(e *Entry, s string)) field {
	return field{name: name, text: true, set: func(d *draft, s string) bool {
		if s != "-" {
			set(d.Entry, s)
		}
		return true
	}}
}

func clientField(name string) field {
	f := textField(name, func(e *Entry, s string) { e.Client = s })
	f.fits = oneWord
	return f
}

func oneWord(s string) bool { return !strings.Contains(s, " ") }

// userField is passed over. It may hold spaces, but not what begins a time: two
// lines that ran into each other are none.
func userField(name string) field {
	return field{name: name, fits: func(s string) bool { return !strings.Contains(s, " [") }}
}

func requestField(name string) field {
	return textField(name, func(e *Entry, s string) { e.request(s) })
}

// hostField is the server's own name, which goes before what clients ask for.
func hostField(name string, own bool) field {
	return textField(name, func(e *Entry, s string) {
		if own || e.VHost == "" {
			e.VHost = s
		}
	})
}

func statusField(name string) field {
	return field{
		name: name,
		fits: func(s string) bool { return s == "-" || len(s) == 3 && digits(s) },
		set:  func(d *draft, s string) bool { d.Status, _ = strconv.Atoi(s); return true }, // 0 for "-"
	}
}

func bytesField(name string) field {
	return field{name: name, fits: wholeOrNone, set: func(d *draft, s string) bool {
		n, ok := whole(s)
		d.Bytes = n
		return ok
	}}
}

// elapsedField is a duration in a unit.
func elapsedField(name string, unit time.Duration) field {
	return field{name: name, fits: decimalOrNone, set: func(d *draft, s string) bool {
		if isNone(s) {
			return true
		}
		v, ok := elapsed(s, unit)
		d.Duration, d.DurationKnown = v, true
		return ok
	}}
}

func upstreamField(name string) field {
	return field{
		name: name, list: true,
		fits: func(s string) bool { _, _, ok := tries(s); return ok },
		set: func(d *draft, s string) (ok bool) {
			d.Upstream, d.UpstreamKnown, ok = tries(s)
			return ok
		},
	}
}

// epochField is an instant in units since 1970.
func epochField(name string, unit time.Duration) field {
	return field{name: name, fits: decimalOrNone, set: func(d *draft, s string) bool {
		v, ok := elapsed(s, unit)
		d.second = time.Unix(0, 0).Add(v)
		return ok
	}}
}

// clockField is a piece of the time, with what stands before it in the layout.
func clockField(name, before string, width int) field {
	return field{name: name, width: width, set: func(d *draft, s string) bool {
		if d.clock != "" {
			d.clock += before
		}
		d.clock += s
		return true
	}}
}

// isNone tells whether a server had nothing to say.
func isNone(s string) bool { return s == "-" || s == "" }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func wholeOrNone(s string) bool { return isNone(s) || digits(s) }

func decimalOrNone(s string) bool {
	before, after, has := strings.Cut(s, ".")
	return isNone(s) || digits(before) && (!has || digits(after))
}

// whole reads a number of bytes; none is 0.
func whole(s string) (int64, bool) {
	if isNone(s) {
		return 0, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0
}

// longest bounds durations and instants, so that they fit: 290 years.
const longest = 290 * 365 * 24 * time.Hour

// elapsed reads a decimal number of units, to the nanosecond: float64 would not
// hold an instant so well.
func elapsed(s string, unit time.Duration) (time.Duration, bool) {
	before, after, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(before, 10, 64)
	if err != nil || !digits(before) || n > int64(longest/unit)-1 {
		return 0, false
	}
	if after == "" {
		return time.Duration(n) * unit, before+"." != s
	}
	fraction, err := strconv.ParseFloat("0."+after, 64)
	if err != nil || !digits(after) {
		return 0, false
	}
	return time.Duration(n)*unit + time.Duration(fraction*float64(unit)+0.5), true
}

// tries adds up nginx's times of upstreams: "0.012, 0.200 : -".
func tries(s string) (sum time.Duration, known, ok bool) {
	if isNone(s) {
		return 0, false, true
	}
	for more := true; more; {
		var one string
		i := strings.IndexAny(s, ",:")
		if more = i >= 0; more {
			one, s = s[:i], s[i+1:]
		} else {
			one = s
		}
		one = strings.Trim(one, " ")
		if one == "-" {
			continue
		}
		v, ok := elapsed(one, time.Second)
		if !ok || sum+v > longest {
			return 0, false, false
		}
		sum, known = sum+v, true
	}
	return sum, known, true
}
