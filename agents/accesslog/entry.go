package accesslog

import (
	"fmt"
	"time"
)

// Entry is one request that a server answered. Texts are what the client sent,
// and may hold any bytes. What the format does not tell is zero.
type Entry struct {
	At     time.Time // when the response was finished, as far as the log tells
	Client string    // address or name
	// VHost is the server's own name if the format has it, else what the client
	// asked for.
	VHost  string
	Method string
	Path   string // without query, as it was sent
	Proto  string // HTTP/1.1
	Status int    // 0: none was sent
	Bytes  int64  // of the response, -1: not told

	Duration      time.Duration // from the request's first byte to the response's last
	DurationKnown bool
	Upstream      time.Duration // that servers behind this one took, all tries
	UpstreamKnown bool

	Server    string // that answered: upstream address, backend/server, hierarchy/peer
	Referer   string
	UserAgent string
}

// A Reason says why a line is no entry.
type Reason string

// The reasons.
const (
	BadShape  Reason = "not of the format"
	BadTime   Reason = "bad time"
	BadNumber Reason = "bad number"
	BadJSON   Reason = "bad JSON"
)

// ParseError reports a line that is no entry.
type ParseError struct {
	Reason Reason
	Detail string
	Line   string // cut to what a person wants to see
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s: %s: line %q", e.Reason, e.Detail, e.Line)
}

// shownBytes is how much of a line or of a part of it an error quotes.
const shownBytes = 160

func cutShort(s string) string {
	if len(s) <= shownBytes {
		return s
	}
	return s[:shownBytes] + "…"
}

func bad(r Reason, line, format string, args ...any) *ParseError {
	for i, a := range args {
		if s, is := a.(string); is {
			args[i] = cutShort(s)
		}
	}
	return &ParseError{Reason: r, Detail: fmt.Sprintf(format, args...), Line: cutShort(line)}
}
