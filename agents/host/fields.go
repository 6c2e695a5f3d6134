package host

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// fields yields the lines of a file as their fields, empty lines left out.
func fields(data []byte) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) > 0 && !yield(f) {
				return
			}
		}
	}
}

// numbers parses fields as numbers.
func numbers(in []string) ([]float64, error) {
	out := make([]float64, len(in))
	for i, s := range in {
		v, err := number(s)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// number parses a decimal number as the kernel writes it.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return v, nil
}
