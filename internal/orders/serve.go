package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plimsoll/internal/sender"
)

// Desk gives orders out and hears what came of them.
type Desk interface {
	// Take returns the next order for who asks, or false when ctx ends before
	// there is one.
	Take(ctx context.Context, a Ask) (Order, bool, error)
	Answer(ctx context.Context, a Answer) error
}

// maxAnswerBytes bounds the body of an answer: output, each byte of which may take
// six in JSON.
const maxAnswerBytes = 8*MaxOutput + 4<<10

// Server answers agents: GET at Path, POST below it, with the order as the path's
// value id.
type Server struct {
	Desk Desk
	Now  func() time.Time
	// Waiting bounds the requests that wait at a time: one holds a token of it.
	// Who finds none is asked to come back soon.
	Waiting chan struct{}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	instance := r.URL.Query().Get("instance")
	switch {
	case instance == "" || len(instance) > MaxInstance:
		http.Error(w, "instance: missing, or too long", http.StatusBadRequest)
	case !sender.Of(r).Write.AllowsHost(instance):
		http.Error(w, "this token is not for the instance", http.StatusForbidden)
	case r.Method == http.MethodPost:
		s.answer(w, r, instance)
	default:
		s.give(w, r, instance)
	}
}

// given is an order as it goes over the wire.
type given struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Alert  string  `json:"alert"`
	TTL    float64 `json:"ttl_seconds"`
	Waited float64 `json:"waited_seconds"`
}

func (s *Server) give(w http.ResponseWriter, r *http.Request, instance string) {
	query := r.URL.Query()
	a := Ask{Instance: instance, Process: query.Get("process"), Handlers: query["handler"], Have: query["have"]}
	if err := a.validate(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wait := MaxWait
	select {
	case s.Waiting <- struct{}{}:
		defer func() { <-s.Waiting }()
	default:
		wait = 0
		w.Header().Set("Retry-After", "5")
	}
	began := s.Now()
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	o, is, err := s.Desk.Take(ctx, a)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case !is:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", "application/json")
		// An answer that is lost is given again.
		_ = json.NewEncoder(w).Encode(given{o.ID, o.Name, o.Alert, o.TTL.Seconds(), s.Now().Sub(began).Seconds()})
	}
}

func (a Ask) validate() error {
	switch {
	case a.Process == "" || len(a.Process) > MaxName:
		return errors.New("process: missing, or too long")
	case len(a.Handlers) > MaxHandlers || len(a.Have) > MaxHandlers:
		return fmt.Errorf("handler, have: more than %d", MaxHandlers)
	}
	for _, name := range a.Handlers {
		if !ValidName(name) {
			return fmt.Errorf("handler: %.100q is no name", name)
		}
	}
	return nil
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, instance string) {
	var a Answer
	body := http.MaxBytesReader(w, r.Body, maxAnswerBytes)
	if err := json.NewDecoder(body).Decode(&a); err != nil {
		http.Error(w, fmt.Sprintf("body: %v", err), http.StatusBadRequest)
		return
	}
	a.ID, a.Instance = r.PathValue("id"), instance
	a.Why, a.Output = clip(a.Why, MaxWhy), clip(a.Output, MaxOutput)
	if a.Status != Done && a.Status != Failed && a.Status != Refused {
		http.Error(w, fmt.Sprintf("status: %.100q is none of done, failed, refused", a.Status), http.StatusBadRequest)
		return
	}
	switch err := s.Desk.Answer(r.Context(), a); {
	case errors.Is(err, ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, ErrClosed):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

// clip returns at most n bytes of s, as valid UTF-8.
func clip(s string, n int) string {
	return strings.ToValidUTF8(s[:min(len(s), n)], "\uFFFD")
}
