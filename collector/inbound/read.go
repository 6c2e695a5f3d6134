package inbound

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Error is an answer that is no success.
type Error struct {
	Status int
	Reason string // for the counter of requests that failed
	Text   string
	Wait   time.Duration // before it is tried again; 0: not told
}

func (e *Error) Error() string { return e.Text }

// Busy is the answer where a Gate has no room.
func Busy() *Error {
	return &Error{Status: http.StatusServiceUnavailable, Reason: "busy", Text: "too many requests at a time", Wait: time.Second}
}

// OverRate is the answer to a source that sends more than it may, and can wait.
func OverRate(wait time.Duration) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Reason: "rate limit", Wait: wait,
		Text: fmt.Sprintf("over the rate limit of the source; nothing was taken, send it again in %v", wait.Round(time.Millisecond)),
	}
}

// RetryAfter tells in the answer's header when to send again, in whole seconds.
func (e *Error) RetryAfter(h http.Header) {
	if e.Wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.Wait.Seconds()))))
	}
}

// Limits bound one request.
type Limits struct {
	BodyBytes, DecodedBytes int
	Timeout                 time.Duration // to arrive
}

// Read returns the body of a request that came at now, unpacked where it is gzip.
func Read(w http.ResponseWriter, r *http.Request, l Limits, now time.Time) ([]byte, error) {
	// Not every ResponseWriter has deadlines; the server's own still holds. One
	// that passed while the samples are put would end the request's context.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(now.Add(l.Timeout))
	defer func() { _ = connection.SetReadDeadline(time.Time{}) }()
	packed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(l.BodyBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Reason: "too large", Text: fmt.Sprintf("body exceeds %d bytes", l.BodyBytes)}
	case err != nil:
		return nil, &Error{Status: http.StatusBadRequest, Reason: "cut off", Text: fmt.Sprintf("read body: %v", err)}
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return packed, nil
	case "gzip":
		return unpack(packed, l.DecodedBytes)
	default:
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Reason: "encoding", Text: fmt.Sprintf("content encoding %q is not gzip", encoding)}
	}
}

func unpack(packed []byte, limit int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(z, int64(limit)+1))
	}
	switch {
	case err != nil:
		return nil, &Error{Status: http.StatusBadRequest, Reason: "malformed", Text: fmt.Sprintf("unpack body: %v", err)}
	case len(body) > limit:
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Reason: "too large", Text: fmt.Sprintf("body unpacks to more than %d bytes", limit)}
	}
	return body, nil
}
