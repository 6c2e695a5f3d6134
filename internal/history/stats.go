package history

import "fmt"

// Stats count what was read.
type Stats struct {
	Lines   int64            // all, empty ones too
	Taken   int64            // values, and events, that counted
	Bad     map[string]int64 // lines that did not, by reason
	Skipped map[string]int64 // values that are meant to be passed over, by reason
	// Examples are the first bad lines, with file and number.
	Examples []string

	Series     int
	Samples    int64 // emitted
	Zeros      int64 // of them those for intervals without events
	Duplicates int64 // values for an instant that already had one; the last counts
	First      int64 // earliest and latest instant of a sample, Unix milliseconds
	Last       int64
	Runs       int // how often memory did not suffice
}

// BadLines returns how many lines were bad.
func (s *Stats) BadLines() int64 {
	n := int64(0)
	for _, c := range s.Bad {
		n += c
	}
	return n
}

// verdict is what became of a line: without a reason it is good.
type verdict struct{ reason, detail string }

func bad(reason, format string, args ...any) verdict {
	return verdict{reason, fmt.Sprintf(format, args...)}
}

const (
	maxExamples = 10
	shownBytes  = 200
)

func (s *Stats) bad(file string, number int, v verdict, line []byte) {
	if s.Bad == nil {
		s.Bad = map[string]int64{}
	}
	s.Bad[v.reason]++
	if len(s.Examples) < maxExamples {
		s.Examples = append(s.Examples, fmt.Sprintf("%s:%d: %s: %s: %q", file, number, v.reason, short(v.detail), short(string(line))))
	}
}

func (s *Stats) skip(reason string) {
	if s.Skipped == nil {
		s.Skipped = map[string]int64{}
	}
	s.Skipped[reason]++
}

func short(s string) string {
	if len(s) <= shownBytes {
		return s
	}
	return s[:shownBytes] + "…"
}
