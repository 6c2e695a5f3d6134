package ask

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// Page says where a status page is and who may read it, as configurations have
// it.
type Page struct {
	// URL is http:// or https://.
	URL string `yaml:"url"`
	// Socket is the path of a unix socket to ask instead of the URL's host.
	Socket string `yaml:"socket"`
	// Username and PasswordFile are for HTTP's basic authentication; TokenFile
	// holds a bearer token. The files are read at each request.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	// CAFile holds the certificates by which the server's is judged; empty: the
	// system's.
	CAFile string `yaml:"ca_file"`
}

// Validate reports all that is wrong with the page. It reads no files.
func (p Page) Validate() error {
	var errs []error
	u, err := url.Parse(p.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		errs = append(errs, fmt.Errorf("url: %q is not an http:// or https:// URL", p.URL))
	}
	if p.Socket != "" && !strings.HasPrefix(p.Socket, "/") {
		errs = append(errs, fmt.Errorf("socket: %q is not an absolute path", p.Socket))
	}
	if (p.Username == "") != (p.PasswordFile == "") {
		errs = append(errs, errors.New("username: it and password_file belong together"))
	}
	if p.Username != "" && p.TokenFile != "" {
		errs = append(errs, errors.New("token_file: cannot be used together with username"))
	}
	return errors.Join(errs...)
}

// Address is the host and port that name the server, "" for a unix socket.
func (p Page) Address() string {
	u, err := url.Parse(p.URL)
	switch {
	case err != nil || p.Socket != "":
		return ""
	case u.Port() != "":
		return u.Host
	case u.Scheme == "https":
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// Reader reads a page.
type Reader struct {
	page   Page
	client *http.Client
}

// NewReader returns a reader that reads nothing before Get.
func NewReader(p Page) *Reader { return &Reader{page: p, client: Client(p.Socket)} }

// Get returns the page, at most limit bytes. path is added to the URL's.
func (r *Reader) Get(ctx context.Context, path string, limit int64) ([]byte, error) {
	body, _, err := r.Answer(ctx, path, "*/*", limit)
	return body, err
}

// Answer is Get with the header of the answer; accept says what kinds are liked.
func (r *Reader) Answer(ctx context.Context, path, accept string, limit int64) ([]byte, http.Header, error) {
	if err := r.trust(); err != nil {
		return nil, nil, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.page.URL+path, nil)
	if err != nil {
		return nil, nil, err
	}
	q.Header.Set("Accept", accept)
	if err := r.authorize(q); err != nil {
		return nil, nil, err
	}
	return Body(r.client, q, limit)
}

// authorize adds what says who asks.
func (r *Reader) authorize(q *http.Request) error {
	switch {
	case r.page.Username != "":
		password, err := Secret(r.page.PasswordFile)
		if err != nil {
			return err
		}
		q.SetBasicAuth(r.page.Username, password)
	case r.page.TokenFile != "":
		token, err := Secret(r.page.TokenFile)
		if err != nil {
			return err
		}
		q.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// trust reads the certificates of CAFile, once.
func (r *Reader) trust() error {
	transport, is := r.client.Transport.(*http.Transport)
	if !is || r.page.CAFile == "" || transport.TLSClientConfig != nil {
		return nil
	}
	pool, err := Roots(r.page.CAFile)
	if err != nil {
		return fmt.Errorf("ca_file: %w", err)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return nil
}

// Secret reads a secret from a file, without the white space around it.
func Secret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
