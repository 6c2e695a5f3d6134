package accesslog

import (
	"net/http"
	"strings"
	"time"
)

// parseSquid reads squid's native log: six words from the left, three from the
// right; what is between them is the URL.
func parseSquid(_ *Format, line string, e *Entry) error {
	var words [6]string
	rest := line
	for i := range words {
		rest = strings.TrimLeft(rest, " ")
		var ok bool
		if words[i], rest, ok = strings.Cut(rest, " "); !ok {
			return bad(BadShape, line, "%d words, a squid log has ten", i)
		}
	}
	for range 3 {
		i := strings.LastIndexByte(rest, ' ')
		if i < 0 {
			return bad(BadShape, line, "fewer words than the ten of a squid log")
		}
		if server, is := strings.CutPrefix(rest[i+1:], "HIER_"); is || e.Server == "" && strings.Contains(rest[i+1:], "/") {
			e.Server = server
		}
		rest = rest[:i]
	}
	at, ok := elapsed(words[0], time.Second)
	if e.At = time.Unix(0, 0).Add(at).UTC(); !ok || !sane(e.At) {
		return bad(BadTime, line, "%q", words[0])
	}
	if e.Duration, e.DurationKnown = elapsed(words[1], time.Millisecond); !e.DurationKnown {
		return bad(BadNumber, line, "elapsed time is %q", words[1])
	}
	_, status, _ := strings.Cut(words[3], "/")
	if e.Status, ok = statusOf(status); !ok {
		return bad(BadNumber, line, "status is %q", words[3])
	}
	if e.Bytes, ok = whole(words[4]); !ok {
		return bad(BadNumber, line, "size is %q", words[4])
	}
	e.Client = words[2]
	setMethod(e, words[5])
	switch {
	case strings.HasPrefix(rest, "error:"):
	case e.Method == http.MethodConnect:
		e.VHost = rest
	default:
		e.target(rest)
	}
	return nil
}

// statusOf reads three digits, or - for none.
func statusOf(s string) (int, bool) {
	if s == "-" || s == "-1" {
		return 0, true
	}
	if len(s) != 3 || !digits(s) {
		return 0, false
	}
	n, ok := whole(s)
	return int(n), ok
}
