package batch

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"plimsoll/internal/metric"
)

// Field says which series a number becomes that a server tells under a key. One
// table of them makes the samples and their description.
type Field struct {
	Key  string
	Kind metric.Kind
	Name string
	Help string
	// Scale is what the number is multiplied with to have the series' unit; 0
	// means 1.
	Scale float64
	// Pairs are label names and values.
	Pairs []string
}

// Fields adds what values hold under the keys of fields, with pairs as further
// labels. A key that is absent is left out: servers differ by version and
// set-up. A value that is no number is an error that quotes it, and left out.
func (b *Batch) Fields(fields []Field, values map[string]string, pairs ...string) error {
	var errs []error
	for _, f := range fields {
		text, is := values[f.Key]
		if !is {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a number", f.Key, text))
			continue
		}
		if f.Scale != 0 {
			v *= f.Scale
		}
		b.Add(f.Kind, f.Name, v, slices.Concat(pairs, f.Pairs)...)
	}
	return errors.Join(errs...)
}

// Meta describes the series of fields, each name once.
func Meta(tables ...[]Field) []metric.Meta {
	var all []metric.Meta
	seen := map[string]bool{}
	for _, f := range slices.Concat(tables...) {
		if !seen[f.Name] {
			seen[f.Name] = true
			all = append(all, metric.Meta{Name: f.Name, Type: f.Kind.String(), Help: f.Help})
		}
	}
	return all
}
