package nagios

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

const (
	maxPerf  = 200 // values kept of one plugin
	maxLabel = 200 // bytes of a label
)

// report is what a plugin told.
type report struct {
	text string // its first line
	perf []perf
	err  error // what was no perfdata
}

// perf is one value of the perfdata.
type perf struct {
	label, unit string
	value       float64
}

// parse reads the output of a plugin.
func parse(output []byte) report {
	first, rest, _ := strings.Cut(strings.ToValidUTF8(string(output), "�"), "\n")
	text, data, _ := strings.Cut(first, "|")
	_, more, _ := strings.Cut(rest, "|") // long text is before it
	r := report{text: strings.TrimSpace(text)}
	data += " " + more
	var errs []error
	for data = strings.TrimSpace(data); data != ""; data = strings.TrimSpace(data) {
		var item string
		item, data = cutItem(data)
		p, err := parseItem(item)
		switch {
		case err != nil && len(errs) < 3: // one is enough to find the fault
			errs = append(errs, err)
		case err == nil && !math.IsNaN(p.value) && len(r.perf) < maxPerf:
			r.perf = append(r.perf, p)
		}
	}
	r.err = errors.Join(errs...)
	return r
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
func parseItem(item string) (perf, error) {
	bad := fmt.Errorf("%.100q is no perfdata", item)
	eq := strings.LastIndexByte(item, '=')
	if eq < 1 {
		return perf{}, bad
	}
	label := item[:eq]
	if strings.HasPrefix(label, "'") {
		if len(label) < 2 || !strings.HasSuffix(label, "'") {
			return perf{}, bad
		}
		label = strings.ReplaceAll(label[1:len(label)-1], "''", "'")
	}
	if label == "" || len(label) > maxLabel {
		return perf{}, bad
	}
	value, _, _ := strings.Cut(item[eq+1:], ";")
	if value == "U" {
		return perf{label: label, value: math.NaN()}, nil
	}
	end := strings.LastIndexAny(value, "0123456789.") + 1
	v, err := strconv.ParseFloat(value[:end], 64)
	if err != nil || math.IsInf(v, 0) {
		return perf{}, bad
	}
	return perf{label, value[end:], v}, nil
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

// tell adds the value as a series of its unit.
func (p perf) tell(b *batch.Batch) {
	pairs := []string{"label", p.label}
	unit, known := scales()[p.unit]
	kind := metric.Gauge
	switch {
	case !known:
		pairs, unit.scale = append(pairs, "unit", p.unit), 1
	case p.unit == "c":
		kind = metric.Counter
	}
	b.Add(kind, "nagios_perfdata"+unit.suffix, p.value*unit.scale, pairs...)
}
