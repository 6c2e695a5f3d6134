package plugin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll/internal/metric"
)

const (
	maxPerf  = 200 // values kept of one plugin
	maxLabel = 200 // bytes of a label
)

// Output is what a plugin told.
type Output struct {
	Text string // its first line
	Perf []Perf
}

// Perf is one value of the perfdata.
type Perf struct {
	Label, Unit string
	Value       float64
}

// Parse reads the output of a plugin. An error quotes what is no perfdata; the
// rest is kept.
func Parse(output []byte) (Output, error) {
	first, rest, _ := strings.Cut(strings.ToValidUTF8(string(output), "�"), "\n")
	text, data, _ := strings.Cut(first, "|")
	_, more, _ := strings.Cut(rest, "|") // long text is before it
	out := Output{Text: strings.TrimSpace(text)}
	data += " " + more
	var errs []error
	for data = strings.TrimSpace(data); data != ""; data = strings.TrimSpace(data) {
		var item string
		item, data = cutItem(data)
		p, err := parseItem(item)
		switch {
		case err != nil && len(errs) < 3: // one is enough to find the fault
			errs = append(errs, err)
		case err == nil && !math.IsNaN(p.Value) && len(out.Perf) < maxPerf:
			out.Perf = append(out.Perf, p)
		}
	}
	return out, errors.Join(errs...)
}

// cutItem returns the first item and what follows it. A quoted label may hold
// spaces.
func cutItem(data string) (item, rest string) {
	quoted := false
	for i, c := range data {
		switch {
		case c == '\'':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			return data[:i], data[i:]
		}
	}
	return data, ""
}

// parseItem reads label=value[unit];warn;crit;min;max. A value that is not known
// is NaN.
func parseItem(item string) (Perf, error) {
	bad := fmt.Errorf("%.100q is no perfdata", item)
	eq := strings.LastIndexByte(item, '=')
	if eq < 1 {
		return Perf{}, bad
	}
	label := item[:eq]
	if strings.HasPrefix(label, "'") {
		if len(label) < 2 || !strings.HasSuffix(label, "'") {
			return Perf{}, bad
		}
		label = strings.ReplaceAll(label[1:len(label)-1], "''", "'")
	}
	if label == "" || len(label) > maxLabel {
		return Perf{}, bad
	}
	value, _, _ := strings.Cut(item[eq+1:], ";")
	if value == "U" {
		return Perf{Label: label, Value: math.NaN()}, nil
	}
	end := strings.LastIndexAny(value, "0123456789.") + 1
	v, err := strconv.ParseFloat(value[:end], 64)
	if err != nil || math.IsInf(v, 0) {
		return Perf{}, bad
	}
	return Perf{label, value[end:], v}, nil
}

// scales are the units that are known: what series they make, and times what.
func scales() map[string]struct {
	suffix string
	scale  float64
} {
	type s = struct {
		suffix string
		scale  float64
	}
	return map[string]s{
		"": {"", 1}, "%": {"_percent", 1}, "c": {"_total", 1},
		"s": {"_seconds", 1}, "ms": {"_seconds", 1e-3}, "us": {"_seconds", 1e-6}, "ns": {"_seconds", 1e-9},
		"B": {"_bytes", 1}, "KB": {"_bytes", 1 << 10}, "MB": {"_bytes", 1 << 20}, "GB": {"_bytes", 1 << 30}, "TB": {"_bytes", 1 << 40},
		"KiB": {"_bytes", 1 << 10}, "MiB": {"_bytes", 1 << 20}, "GiB": {"_bytes", 1 << 30}, "TiB": {"_bytes", 1 << 40},
	}
}

// Series is what a value is as a series: its name, its value in that unit, and
// labels as pairs. A unit that is not known stands in the label unit.
func (p Perf) Series() (name string, kind metric.Kind, value float64, pairs []string) {
	pairs = []string{"label", p.Label}
	unit, known := scales()[p.Unit]
	switch {
	case !known:
		return "nagios_perfdata", metric.Gauge, p.Value, append(pairs, "unit", p.Unit)
	case p.Unit == "c":
		kind = metric.Counter
	}
	return "nagios_perfdata" + unit.suffix, kind, p.Value * unit.scale, pairs
}
