package remotewrite

import (
	"net/http"
	"strconv"
	"time"
)

// LongestRetryAfter is what a longer wait is taken for.
const LongestRetryAfter = 365 * 24 * time.Hour

// RetryAfter returns how long an answer asks to wait, whether Retry-After holds
// seconds or a date (RFC 9110, 10.2.3), and whether it does at all.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if at, err := time.Parse(http.TimeFormat, text); err == nil {
		return max(0, min(at.Sub(now), LongestRetryAfter)), true
	}
	seconds, err := strconv.Atoi(text)
	if err != nil {
		return 0, false
	}
	return time.Duration(max(0, min(seconds, int(LongestRetryAfter/time.Second)))) * time.Second, true
}
