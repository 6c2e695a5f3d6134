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

func (s *server) flags(f *flag.FlagSet) {
	f.StringVar(&s.url, "server", "http://127.0.0.1:8680", "`URL` of the running service")
	f.StringVar(&s.tokenFile, "token-file", "", "`FILE` with the access token, if the service asks for one")
	f.DurationVar(&s.timeout, "timeout", 30*time.Second, "give up after this long")
}

// answerLimit bounds what is read of an answer.
const answerLimit = 256 << 20

// post sends form and returns the body of the answer, or the error that the
// service gave.
func (s *server) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	if u, err := url.Parse(s.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: -server %q is not of the form http://host:port", errUsage, s.url)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.url, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if s.tokenFile != "" {
		token, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w (is plimsoll serve running there?)", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", req.URL, err)
	}
	if res.StatusCode != http.StatusOK {
		var problem struct{ Error string }
		if json.Unmarshal(body, &problem) != nil || problem.Error == "" {
			problem.Error = strings.TrimSpace(string(body))
		}
		return nil, fmt.Errorf("%s: %s", res.Status, problem.Error)
	}
	return body, nil
}
