package remotewrite

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Headers of ours, which other receivers and senders pass over.
//
// A sender that keeps samples until they are answered numbers them, the first
// sample of a stream with 0. It names the stream and the number of the first
// sample of the request, so that the receiver knows what of it came before, in a
// request whose answer was lost.
const (
	StreamHeader = "X-Plimsoll-Stream"
	FirstHeader  = "X-Plimsoll-First"
	// RefusedHeader tells how many samples of the request were refused, by
	// reason: late=3,series limit=1.
	RefusedHeader = "X-Plimsoll-Refused"
)

// Labels of the exemplar of a timing, whose value is the greatest observation.
const (
	MinLabel    = "plimsoll_min"
	StddevLabel = "plimsoll_stddev"
)

// FormatRefused writes the value of RefusedHeader.
func FormatRefused(reasons map[string]int) string {
	parts := make([]string, 0, len(reasons))
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		parts = append(parts, fmt.Sprintf("%s=%d", strings.NewReplacer("=", " ", ",", " ", "\n", " ").Replace(reason), reasons[reason]))
	}
	return strings.Join(parts, ",")
}

// ParseRefused reads the value of RefusedHeader, nil for none or one that makes
// no sense.
func ParseRefused(text string) map[string]int {
	if text == "" {
		return nil
	}
	reasons := map[string]int{}
	for part := range strings.SplitSeq(text, ",") {
		reason, number, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > math.MaxInt32 || reason == "" || len(reason) > 100 || !utf8.ValidString(reason) {
			return nil
		}
		reasons[reason] += n
	}
	return reasons
}
