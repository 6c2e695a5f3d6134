package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// idleTimeout is how long a connection is kept that nothing goes over.
const idleTimeout = 90 * time.Second

// NewClient returns an HTTP client that knows the receivers and is known to
// them as c.TLS says. It follows no redirects: a redirected POST would become a
// GET without samples.
func NewClient(c Config) (*http.Client, error) {
	given, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     given,
			TLSHandshakeTimeout: c.Timeout,
			MaxIdleConnsPerHost: 1,
			IdleConnTimeout:     idleTimeout,
			ForceAttemptHTTP2:   false, // one request at a time needs no streams
		},
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func (t TLS) config() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %q has no certificate", t.CAFile)
		}
	}
	if t.CertFile == "" {
		return out, nil
	}
	if err := guarded(t.KeyFile); err != nil {
		return nil, fmt.Errorf("tls.key_file: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file: %w", err)
	}
	out.Certificates = []tls.Certificate{pair}
	return out, nil
}

// loose are the permissions that a key's file must not have: a group may read
// it, as Debian's ssl-cert does.
const loose = 0o137

// ErrLoose marks a key that others may read or change.
var ErrLoose = errors.New("others than its owner may read or change it; chmod 600 it")

func guarded(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&loose != 0 {
		return fmt.Errorf("%q has mode %#o: %w", file, mode, ErrLoose)
	}
	return nil
}

// Authorize adds the token to a request.
func (c Config) Authorize(req *http.Request) error {
	token := c.Token
	if c.TokenFile != "" {
		b, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return fmt.Errorf("read token: %w", err)
		}
		token = strings.TrimSpace(string(b))
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", c.UserAgent)
	return nil
}
