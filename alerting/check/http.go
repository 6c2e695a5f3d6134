package check

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"plimsoll/internal/secret"
)

// HTTP asks for a page.
type HTTP struct {
	URL string `yaml:"url"`
	// Address is connected to in the place of the host of URL: a host, or
	// host:port. Name and certificate stay those of URL.
	Address   string `yaml:"address"`
	IPVersion Family `yaml:"ip_version"`
	Method    string `yaml:"method"`
	// Headers are sent; Host takes the place of that of URL.
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	// Username with PasswordFile, or TokenFile (a bearer's), say who asks.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	TLS          *TLS   `yaml:"tls"`

	// Status are the statuses that are well: 200, 2xx or 200-204; empty: 2xx.
	Status []string `yaml:"status"`
	// Contains and NotContains are sought in the page, Matches and NotMatches
	// are regular expressions for it.
	Contains    string `yaml:"contains"`
	NotContains string `yaml:"not_contains"`
	Matches     string `yaml:"matches"`
	NotMatches  string `yaml:"not_matches"`
	// Location is a regular expression for where the answer redirects to, or,
	// with FollowRedirects, for where that ends.
	Location        string `yaml:"location"`
	FollowRedirects bool   `yaml:"follow_redirects"`

	ResponseTime Limits[time.Duration] `yaml:"response_time"`
	Timeout      time.Duration         `yaml:"timeout"`
}

func (*HTTP) key() string { return "http" }

func (h *HTTP) setDefaults() {
	setDefault(&h.Timeout, 5*time.Second)
	if h.Body != "" {
		setDefault(&h.Method, http.MethodPost)
	}
	setDefault(&h.Method, http.MethodGet)
	if h.TLS == nil {
		h.TLS = &TLS{}
	}
	h.TLS = filled(h.TLS, (*TLS).setDefaults)
}

// about shows the address without what may be a secret of it.
func (h *HTTP) about() about {
	target := h.URL
	if u, err := url.Parse(target); err == nil {
		target = u.Redacted()
	}
	return about{target, h.Timeout}
}

func (h *HTTP) validate(bad complaint) {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil:
		bad("url", "%v", err)
	case u.Scheme != "http" && u.Scheme != "https":
		bad("url", "%q is no http or https address", h.URL)
	case u.Hostname() == "":
		bad("url", "%q names no host", h.URL)
	}
	if _, err := http.NewRequest(h.Method, "http://x", nil); err != nil {
		bad("method", "%q is no method", h.Method)
	}
	for _, s := range h.Status {
		if _, err := parseSpan(s); err != nil {
			bad("status", "%v", err)
		}
	}
	for key, expr := range map[string]string{"matches": h.Matches, "not_matches": h.NotMatches, "location": h.Location} {
		if _, err := regexp.Compile(expr); err != nil {
			bad(key, "%v", err)
		}
	}
	h.validateAccess(bad)
	h.IPVersion.validate(bad)
	h.TLS.validate(bad.under("tls"))
	h.ResponseTime.validate(bad.under("response_time"))
}

func (h *HTTP) validateAccess(bad complaint) {
	switch {
	case h.TokenFile != "" && h.Username != "":
		bad("token_file", "stands beside username: one is enough")
	case (h.Username == "") != (h.PasswordFile == ""):
		bad("username", "needs password_file, and password_file needs it")
	}
	for key, file := range map[string]string{"password_file": h.PasswordFile, "token_file": h.TokenFile} {
		if file == "" {
			continue
		}
		if _, err := secret.Read(file); err != nil {
			bad(key, "%v", err)
		}
	}
}

// page is a check of a page that is ready to probe.
type page struct {
	HTTP
	means               Means
	url                 *url.URL
	well                []span
	expected            string         // well, in words
	matches, notMatches *regexp.Regexp // nil: not asked for
	location            *regexp.Regexp
}

func (h *HTTP) prober(m Means) prober {
	p := &page{HTTP: *h, means: m, matches: expression(h.Matches), notMatches: expression(h.NotMatches), location: expression(h.Location)}
	p.url, _ = url.Parse(h.URL) // was validated
	well := h.Status
	switch {
	case len(well) > 0:
	case p.location != nil && !h.FollowRedirects:
		well = []string{"3xx"}
	default:
		well = []string{"2xx"}
	}
	for _, text := range well {
		s, _ := parseSpan(text) // was validated
		p.well = append(p.well, s)
	}
	p.expected = strings.Join(well, ", ")
	return p.probe
}

// expression compiles a valid expression; nil for none.
func expression(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	return regexp.MustCompile(text)
}

// connect dials what the address of a request says, or what takes its place.
func (p *page) connect(ctx context.Context, _, address string) (net.Conn, error) {
	if p.Address != "" && address == hostPort(p.url) {
		address = p.Address
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(p.Address, portOf(p.url))
		}
	}
	return p.means.Dialer.DialContext(ctx, p.IPVersion.of("tcp"), address)
}

func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
