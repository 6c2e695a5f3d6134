package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// server is where a command finds the running service, and its token.
type server struct {
	url, tokenFile string
	timeout        time.Duration
}

const defaultServer = "http://127.0.0.1:8680"

func (s *server) flags(f *flag.FlagSet) {
	s.where(f)
	f.DurationVar(&s.timeout, "timeout", 30*time.Second, "give up after this long")
}

// where are the flags of what takes as long as it takes.
func (s *server) where(f *flag.FlagSet) {
	f.StringVar(&s.url, "server", defaultServer, "`URL` of the running service")
	f.StringVar(&s.tokenFile, "token-file", "", "`FILE` with the access token, if the service asks for one")
}

// answerLimit bounds what is read of an answer.
const answerLimit = 256 << 20

// post sends form and returns the body of the answer, or the error that the
// service gave.
func (s *server) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	return s.whole(ctx, http.MethodPost, path, form)
}

// get asks with form in the address.
func (s *server) get(ctx context.Context, path string, form url.Values) ([]byte, error) {
	return s.whole(ctx, http.MethodGet, path, form)
}

// whole reads the answer to its end.
func (s *server) whole(ctx context.Context, method, path string, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := s.do(ctx, method, path, form)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	body, err := io.ReadAll(io.LimitReader(answer, answerLimit))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s%s: %w", s.url, path, err)
	}
	return body, nil
}

// open returns an answer that has no end; ctx ends it.
func (s *server) open(ctx context.Context, path string, form url.Values) (io.ReadCloser, error) {
	return s.do(ctx, http.MethodGet, path, form)
}

func (s *server) do(ctx context.Context, method, path string, form url.Values) (io.ReadCloser, error) {
	req, err := s.request(ctx, method, path, form)
	if err != nil {
		return nil, err
	}
	return answerTo(req)
}

// send posts content, and returns the answer, which may begin before the content
// has ended.
func (s *server) send(ctx context.Context, path string, ask url.Values, content io.Reader) (io.ReadCloser, error) {
	req, err := s.request(ctx, http.MethodGet, path, ask)
	if err != nil {
		return nil, err
	}
	req.Method, req.Body, req.ContentLength = http.MethodPost, io.NopCloser(content), -1
	req.Header.Set("Content-Type", "application/x-ndjson")
	return answerTo(req)
}

// answerTo returns the body of a good answer, or the error that the service gave.
func answerTo(req *http.Request) (io.ReadCloser, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w (is plimsoll serve running there?)", err)
	}
	if res.StatusCode == http.StatusOK || res.StatusCode == http.StatusAccepted {
		return res.Body, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", req.URL, err)
	}
	var problem struct{ Error string }
	if json.Unmarshal(body, &problem) != nil || problem.Error == "" {
		problem.Error = strings.TrimSpace(string(body))
	}
	return nil, fmt.Errorf("%s: %s", res.Status, problem.Error)
}

func (s *server) request(ctx context.Context, method, path string, form url.Values) (*http.Request, error) {
	if u, err := url.Parse(s.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: -server %q is not of the form http://host:port", errUsage, s.url)
	}
	to, content := strings.TrimSuffix(s.url, "/")+path, ""
	if method == http.MethodPost {
		content = form.Encode()
	} else {
		to += "?" + form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(content))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.tokenFile == "" {
		return req, nil
	}
	token, err := os.ReadFile(s.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	return req, nil
}
