package dashboard

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"plimsoll/internal/metric"
)

// gzipFrom is the size of an answer, in bytes, from which compressing pays.
const gzipFrom = 4 << 10

// statusClosed is nginx' code, and Prometheus', for a client that went away.
const statusClosed = 499

// apiError is an error with the type that Prometheus' API gives it.
type apiError struct {
	kind string
	err  error
}

func (e *apiError) Error() string { return e.err.Error() }
func (e *apiError) Unwrap() error { return e.err }

func badData(err error) error { return &apiError{"bad_data", err} }

// errAbsent is the answer of a part that this server was built without.
var errAbsent = &apiError{"not_found", errors.New("this server has no such part")}

// classify returns the type and status code of err, which came up while ctx
// was in force (prometheus/prometheus:web/api/v1/api.go, getDefaultErrorCode).
func classify(ctx context.Context, err error) (kind string, code int) {
	var own *apiError
	switch {
	case errors.As(err, &own):
		kind = own.kind
	case errors.Is(err, metric.ErrBusy):
		kind = "busy"
	case errors.Is(err, metric.ErrBadQuery):
		kind = "bad_data"
	case errors.Is(err, metric.ErrTooMuch), errors.Is(err, metric.ErrExecution):
		kind = "execution"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		kind = "timeout"
	case errors.Is(err, context.Canceled), ctx.Err() != nil:
		kind = "canceled"
	default:
		kind = "internal"
	}
	codes := map[string]int{
		"bad_data":  http.StatusBadRequest,
		"execution": http.StatusUnprocessableEntity,
		"timeout":   http.StatusServiceUnavailable,
		"canceled":  statusClosed,
		"internal":  http.StatusInternalServerError,
		"forbidden": http.StatusForbidden,
		"not_found": http.StatusNotFound,
		"too_large": http.StatusRequestEntityTooLarge,
		"busy":      http.StatusServiceUnavailable,
	}
	return kind, codes[kind]
}

// fail answers with err, which came up while ctx was in force. What is nobody's
// fault but the server's is reported.
func (s *Server) fail(ctx context.Context, w http.ResponseWriter, err error) {
	kind, code := classify(ctx, err)
	if code == http.StatusInternalServerError {
		s.cfg.Report(err)
	}
	writeError(w, code, kind, err.Error())
}

// writeError answers with Prometheus' envelope of an error.
func writeError(w http.ResponseWriter, code int, kind, message string) {
	body, err := json.Marshal(struct {
		Status    string `json:"status"`
		ErrorType string `json:"errorType"`
		Error     string `json:"error"`
	}{"error", kind, message})
	if err != nil {
		panic("BUG: strings cannot be encoded: " + err.Error())
	}
	setJSON(w.Header())
	w.WriteHeader(code)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// writeJSON answers 200 with body, compressed when the client can read that.
func writeJSON(w http.ResponseWriter, r *http.Request, body []byte) {
	setJSON(w.Header())
	w.Header().Set("Vary", "Accept-Encoding")
	if len(body) < gzipFrom || !acceptsGzip(r) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic("BUG: the gzip level is wrong: " + err.Error())
	}
	_, _ = z.Write(body)
	_ = z.Close()
}

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	writeError(w, http.StatusNotFound, "not_found", "no such path")
}

func setJSON(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
}

// acceptsGzip reports whether the client of r reads gzip (RFC 9110, 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		q, weighted := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		if !weighted {
			return true
		}
		value, err := strconv.ParseFloat(q, 64)
		return err == nil && value > 0
	}
	return false
}
