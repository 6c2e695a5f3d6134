package check

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plimsoll/internal/secret"
)

const (
	maxBodyBytes = 1 << 20 // of a page are judged
	maxRedirects = 10
)

// asking is one probe of a page.
type asking struct {
	*page
	findings
	phases  phases
	secrets []string
}

func (p *page) probe(ctx context.Context) Result {
	a := &asking{page: p, phases: newPhases(p.means.Clock)}
	a.ask(ctx)
	r := a.result()
	r.Summary = hide(r.Summary, a.secrets)
	return r
}

// ask sends the request and judges what comes.
func (a *asking) ask(ctx context.Context) {
	req, err := a.request(ctx)
	if err != nil {
		a.unknown(err)
		return
	}
	began := a.means.Clock()
	client := a.client()
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		a.failed(err, a.Timeout)
		return
	}
	defer resp.Body.Close()
	a.head = "HTTP " + resp.Status
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBodyBytes))
	took := a.means.Clock().Sub(began)
	a.measure(resp)
	switch {
	case !slices.ContainsFunc(a.well, func(s span) bool { return s.has(resp.StatusCode) }):
		a.critical("expected is %s", a.expected)
	case err != nil:
		a.critical("then %s", explain(err, a.Timeout))
	default:
		a.judgeBody(body)
	}
	a.judgeLocation(resp)
	a.slow(a.ResponseTime, took)
	if resp.TLS != nil {
		a.TLS.judge(&a.findings, resp.TLS, a.means.Clock())
	}
}

// measure tells little: each number is an archive.
func (a *asking) measure(resp *http.Response) {
	a.measured("probe_http_status_code", float64(resp.StatusCode))
	if a.FollowRedirects {
		redirects := 0
		for r := resp.Request; r.Response != nil; r = r.Response.Request {
			redirects++
		}
		a.measured("probe_http_redirects", float64(redirects))
	}
	a.phases.tell(&a.findings, "probe_http_duration_seconds")
}

// request makes the request, with the secrets as their files have them now.
func (a *asking) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(a.phases.follow(ctx), a.Method, a.URL, strings.NewReader(a.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "plimsoll")
	for k, v := range a.Headers {
		req.Header.Set(k, v)
		if http.CanonicalHeaderKey(k) == "Host" {
			req.Host = v
		}
	}
	switch {
	case a.TokenFile != "":
		token, err := a.secret(a.TokenFile)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	case a.PasswordFile != "":
		password, err := a.secret(a.PasswordFile)
		if err != nil {
			return nil, err
		}
		req.SetBasicAuth(a.Username, password)
		a.secrets = append(a.secrets, base64.StdEncoding.EncodeToString([]byte(a.Username+":"+password)))
	}
	return req, nil
}

func (a *asking) secret(file string) (string, error) {
	s, err := secret.Read(file)
	a.secrets = append(a.secrets, s, url.QueryEscape(s))
	return s, err
}

// client is of one probe: nothing of one is used by the next.
func (a *asking) client() *http.Client {
	return &http.Client{
		CheckRedirect: a.redirect,
		Transport: &http.Transport{
			DialContext:            a.connect,
			DialTLSContext:         a.connectTLS,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
	}
}

// connectTLS asks for the configured name only where the URL points: a redirect
// may lead to another host.
func (a *asking) connectTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	want := *a.TLS
	if address != hostPort(a.url) {
		want.ServerName = ""
	}
	c, err := want.config(host, a.means.Clock)
	if err != nil {
		return nil, ownError{err}
	}
	c.NextProtos = []string{"h2", "http/1.1"}
	conn, err := a.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secured := tls.Client(conn, c)
	a.phases.begin("tls")
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errJoinClose(err, conn)
	}
	a.phases.end("tls")
	return secured, nil
}

// errJoinClose closes what is of no use after err, and returns that.
func errJoinClose(err error, c io.Closer) error {
	_ = c.Close()
	return err
}

// redirect decides whether a redirect is followed. Headers of the configuration
// may be secret and are for its host alone.
func (a *asking) redirect(next *http.Request, before []*http.Request) error {
	if !a.FollowRedirects || len(before) > maxRedirects {
		return http.ErrUseLastResponse
	}
	if next.URL.Host != before[0].URL.Host || next.URL.Scheme != before[0].URL.Scheme {
		for k := range a.Headers {
			next.Header.Del(k)
		}
		next.Header.Del("Authorization")
	}
	return nil
}

// judgeBody holds a page to the rules for it.
func (a *asking) judgeBody(body []byte) {
	text := string(body)
	if !strings.Contains(text, a.Contains) {
		a.critical("the page does not contain %q", a.Contains)
	}
	if a.NotContains != "" && strings.Contains(text, a.NotContains) {
		a.critical("the page contains %q", a.NotContains)
	}
	if a.matches != nil && !a.matches.MatchString(text) {
		a.critical("the page does not match %q", a.Matches)
	}
	if a.notMatches != nil && a.notMatches.MatchString(text) {
		a.critical("the page matches %q", a.NotMatches)
	}
}

// judgeLocation holds where an answer leads to the rule for that.
func (a *asking) judgeLocation(resp *http.Response) {
	if a.location == nil {
		return
	}
	to := resp.Request.URL
	if !a.FollowRedirects {
		var err error
		if to, err = resp.Location(); err != nil {
			a.critical("it redirects to nowhere")
			return
		}
	}
	if !a.location.MatchString(to.String()) {
		shown := url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path} // the rest may be secret
		a.critical("it leads to %s, which does not match %q", shown.String(), a.Location)
	}
}
