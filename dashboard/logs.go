package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"

	"plimsoll/internal/sender"
)

// maxReportBytes bounds what an agent tells of its access logs at once.
const maxReportBytes = 4 << 20

// LogViews are the ways to look at access logs. Each may be nil.
type LogViews struct {
	// Tail gives the last lines that f picks, and those that come, until ctx ends or
	// line returns false.
	Tail func(ctx context.Context, f LogFilter, line func(any) bool)
	// Top returns the n most frequent paths, clients, referrers and user agents.
	Top func(n int) any
	// Take takes what an agent tells, as JSON, as far as it may speak for a host, and
	// returns what it is to tell next.
	Take func(report []byte, allows func(host string) bool) (any, error)
}

// LogFilter picks lines of access logs. What is empty does not matter.
type LogFilter struct {
	Server, VHost, Class string
	Status               string  // 404, or 4xx
	MinSeconds           float64 // that the request took
	Text                 string  // part of the line
}

// topLogs answers at once.
func (s *Server) topLogs(_ context.Context, p params) (any, error) {
	if s.cfg.Logs.Top == nil {
		return nil, errAbsent
	}
	n, err := p.count("n", defaultTop)
	if err != nil {
		return nil, badData(err)
	}
	return s.cfg.Logs.Top(min(n, maxTop)), nil
}

// tailLogs streams lines as JSON, one a line, until the client goes or the server
// ends.
func (s *Server) tailLogs(w http.ResponseWriter, r *http.Request) {
	p, err := s.readParams(w, r)
	if err == nil && s.cfg.Logs.Tail == nil {
		err = errAbsent
	}
	var f LogFilter
	if err == nil {
		f, err = p.logFilter()
	}
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	s.tail(w, r, func(ctx context.Context, give func(any) bool) { s.cfg.Logs.Tail(ctx, f, give) })
}

func (p params) logFilter() (LogFilter, error) {
	f := LogFilter{
		Server: p.Get("server"), VHost: p.Get("vhost"), Class: p.Get("class"), Status: p.Get("status"), Text: p.Get("text"),
	}
	if f.Status != "" && !isStatus(f.Status) {
		return f, badData(invalid("status", fmt.Errorf("%q is not a status such as 404, nor a class such as 5xx", f.Status)))
	}
	text := p.Get("min_seconds")
	if text == "" {
		return f, nil
	}
	var err error
	if f.MinSeconds, err = strconv.ParseFloat(text, 64); err == nil && (math.IsNaN(f.MinSeconds) || f.MinSeconds < 0) {
		err = fmt.Errorf("%q is no duration", text)
	}
	if err != nil {
		return f, badData(invalid("min_seconds", err))
	}
	return f, nil
}

func isStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '9' {
		return false
	}
	n, err := strconv.Atoi(s)
	return s[1:] == "xx" || err == nil && n >= 100
}

// takeLogs takes what an agent tells of its access logs.
func (s *Server) takeLogs(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Logs.Take == nil {
		s.fail(r.Context(), w, errAbsent)
		return
	}
	report, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReportBytes))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = &apiError{"too_large", fmt.Errorf("a report of more than %d bytes", maxReportBytes)}
	}
	var wanted any
	if err == nil {
		if wanted, err = s.cfg.Logs.Take(report, sender.Of(r).Write.AllowsHost); err != nil {
			err = badData(err)
		}
	}
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	s.answer(w, r, wanted)
}
