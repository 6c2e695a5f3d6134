package check

import (
	"fmt"
	"strconv"
	"strings"
)

// span is a range of HTTP statuses, its ends included.
type span struct{ from, to int }

func (s span) has(status int) bool { return s.from <= status && status <= s.to }

// parseSpan reads 200, 2xx or 200-204.
func parseSpan(text string) (span, error) {
	bad := fmt.Errorf("%q is no HTTP status such as 200, 2xx or 200-204", text)
	first, last, ranges := strings.Cut(text, "-")
	if class, is := strings.CutSuffix(strings.ToLower(text), "xx"); is {
		first, last, ranges = class+"00", class+"99", true
	}
	if !ranges {
		last = first
	}
	from, err := strconv.Atoi(first)
	if err != nil {
		return span{}, bad
	}
	to, err := strconv.Atoi(last)
	if err != nil || from < 100 || to > 599 || from > to {
		return span{}, bad
	}
	return span{from, to}, nil
}
