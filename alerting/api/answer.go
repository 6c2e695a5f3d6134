package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
)

// action does what a request asks for, and returns what is answered as JSON.
type action func(r *http.Request) (any, error)

// add mounts an action at "METHOD path".
func (h *Handler) add(pattern string, do action) {
	method, path, _ := strings.Cut(pattern, " ")
	h.mux.HandleFunc(method+" "+Path+path, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		v, err := do(r)
		var body []byte
		if err == nil {
			if body, err = json.Marshal(v); err != nil {
				err = fmt.Errorf("encode the answer to %s: %w", pattern, err)
			}
		}
		if err != nil {
			h.fail(w, r, err)
			return
		}
		write(w, http.StatusOK, body)
	})
}

// fail answers with an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	code, kind := codeOf(r.Context(), err)
	if code == http.StatusInternalServerError {
		h.Report(err)
	}
	body, _ := json.Marshal(struct { // of strings: cannot fail
		Status    string `json:"status"`
		ErrorType string `json:"errorType"`
		Error     string `json:"error"`
	}{"error", kind, err.Error()})
	write(w, code, body)
}

func codeOf(ctx context.Context, err error) (code int, kind string) {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "too_large"
	case errors.Is(err, alerting.ErrNoAlert), errors.Is(err, ledger.ErrNoEntry):
		return http.StatusNotFound, "not_found"
	case errors.Is(err, alerting.ErrBadRequest), errors.Is(err, errBad):
		return http.StatusBadRequest, "bad_data"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		return http.StatusServiceUnavailable, "timeout"
	}
	return http.StatusInternalServerError, "internal"
}

func write(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
