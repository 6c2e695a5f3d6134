package mapping

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/prometheus/statsd_exporter/pkg/mapper"
)

// ignored lists the options that are set and change nothing, each once.
func ignored(c config) []string {
	var out []string
	note := func(option string, inDefaults bool, of func(*mapper.MetricMapping) bool) {
		n := 0
		for i := range c.Mappings {
			if of(&c.Mappings[i]) {
				n++
			}
		}
		switch {
		case inDefaults && n > 0:
			out = append(out, fmt.Sprintf("%s in defaults and %d mappings", option, n))
		case inDefaults:
			out = append(out, option+" in defaults")
		case n > 0:
			out = append(out, fmt.Sprintf("%s in %d mappings", option, n))
		}
	}
	d := c.Defaults
	note("observer_type", d.ObserverType != "", func(m *mapper.MetricMapping) bool { return m.ObserverType != "" })
	note("summary_options", !reflect.ValueOf(d.SummaryOptions).IsZero(), func(m *mapper.MetricMapping) bool { return m.SummaryOptions != nil })
	note("histogram_options", !reflect.ValueOf(d.HistogramOptions).IsZero(), func(m *mapper.MetricMapping) bool { return m.HistogramOptions != nil })
	note("ttl", d.Ttl != 0, func(m *mapper.MetricMapping) bool { return m.Ttl != 0 })
	note("help", false, func(m *mapper.MetricMapping) bool { return m.HelpText != "" })
	return out
}

// lines finds where the mappings stand, since the library does not tell: the
// items of the list under "mappings:". When there are not as many as mappings,
// as in a list in brackets, it says nothing.
func lines(text []byte, mappings int) func(i int) string {
	var at []int
	indent, inside := -1, false
	for n, l := range strings.Split(string(text), "\n") {
		item := strings.TrimLeft(l, " ")
		switch {
		case strings.HasPrefix(l, "mappings:"):
			inside = true
		case item == "" || item[0] == '#':
		case item[0] != '-' && len(item) == len(l):
			inside = false // another key of the file
		case inside && (strings.HasPrefix(item, "- ") || item == "-"):
			if indent < 0 {
				indent = len(l) - len(item)
			}
			if indent == len(l)-len(item) {
				at = append(at, n+1)
			}
		}
	}
	if len(at) != mappings {
		return func(int) string { return "" }
	}
	return func(i int) string { return fmt.Sprintf("line %d: ", at[i]) }
}
