package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"plimsoll/internal/metric"
)

// Work is maintenance of what is stored. It is asked for with parameters, and
// with content where it takes some; it tells of what it finds or does, which the
// client is shown at once, ends with ctx, and returns what came of it.
type Work func(ctx context.Context, ask url.Values, content io.Reader, tell func(any)) (result any, err error)

// Storage is what can be done to the archives of a running service. Each part
// may be nil. Those that only look may run side by side; of the others one runs
// at a time.
type Storage struct {
	Plan Work // what archives take on disk, by class
	List Work // series and their archives
	// History gives points at the finest resolutions that are left, a page at a
	// time, for another store.
	History Work
	// Reshape gives archives the resolutions that are configured now; Import
	// brings in history.
	Reshape, Import Work
	Snapshot        Work // copies all to a directory of this machine
	Remove, Restore Work // series: with all their files; retired ones back
	Verify          Work // reads archives and says which are not sound
	// Dump gives series as the bytes of a file, in pieces; Undump brings in what
	// such a file has.
	Dump, Undump Work
}

// absentWork is the answer where an engine elsewhere keeps what is stored.
var absentWork = &apiError{"not_found", errors.New("there are no archives here that could be worked on: storage.kind names an engine, which has its own tools")}

var errWorking = fmt.Errorf("%w: other work on the archives is under way; only one is done at a time", metric.ErrBusy)

// look serves work that only looks, in a place of a heavy query.
func (s *Server) look(do Work) http.HandlerFunc {
	return s.work(do, func(ctx context.Context) (func(), error) { return s.places.take(ctx, true) })
}

// alone serves work that no other may run beside.
func (s *Server) alone(do Work) http.HandlerFunc {
	return s.work(do, func(context.Context) (func(), error) {
		select {
		case s.working <- struct{}{}:
			return func() { <-s.working }, nil
		default:
			return nil, errWorking
		}
	})
}

// work answers with JSON, one value a line: {"progress": …} for all that is told,
// {"result": …} or {"error": …} at the end. An error before anything was told is
// answered as any other. The work ends when the client goes or the server ends.
func (s *Server) work(do Work, enter func(context.Context) (leave func(), err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stop := context.AfterFunc(s.ending, cancel)
		defer stop()
		out := &jsonLines{server: s, w: w, control: http.NewResponseController(w)}
		result, err := s.runWork(ctx, out, r, do, enter)
		switch {
		case err != nil && !out.begun:
			s.fail(ctx, w, err)
		case err != nil:
			out.give(map[string]any{"error": err.Error()})
		default:
			out.give(map[string]any{"result": result})
		}
	}
}

func (s *Server) runWork(ctx context.Context, out *jsonLines, r *http.Request, do Work, enter func(context.Context) (func(), error)) (any, error) {
	if do == nil {
		return nil, absentWork
	}
	ask := r.URL.Query()
	if r.Header.Get("Content-Type") == formType { // anything else is content
		p, err := s.readParams(out.w, r)
		if err != nil {
			return nil, err
		}
		ask = p.Values
	}
	leave, err := enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := out.endless(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return do(ctx, ask, r.Body, func(v any) {
		if !out.give(map[string]any{"progress": v}) {
			cancel()
		}
	})
}

const formType = "application/x-www-form-urlencoded"

// jsonLines is an answer of JSON, one value a line, each sent at once. One goroutine
// uses it.
type jsonLines struct {
	server  *Server
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// endless takes away the deadlines of the server, which are those of requests
// that are soon done, and lets the answer begin before the content ends.
func (l *jsonLines) endless() error {
	err := errors.Join(l.control.SetReadDeadline(time.Time{}), l.control.SetWriteDeadline(time.Time{}), l.control.EnableFullDuplex())
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// begin sends the head of the answer, and reports whether the client is there.
func (l *jsonLines) begin() bool {
	l.begun = true
	if l.endless() != nil {
		return false
	}
	l.w.Header().Set("Content-Type", "application/x-ndjson")
	l.w.Header().Set("Cache-Control", "no-store")
	l.w.WriteHeader(http.StatusOK)
	return l.control.Flush() == nil
}

// give sends a value, and reports whether the client takes it.
func (l *jsonLines) give(v any) bool {
	if !l.begun && !l.begin() {
		return false
	}
	body, err := json.Marshal(v)
	if err != nil {
		l.server.cfg.Report(fmt.Errorf("encode a line of an answer: %w", err))
		return false
	}
	if err := l.control.SetWriteDeadline(l.server.cfg.Now().Add(tailTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	_, err = l.w.Write(append(body, '\n'))
	return err == nil && l.control.Flush() == nil
}
