package dashboard

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"plimsoll/internal/sender"
)

// guard lets a request through to its route when its headers show that no other
// web site made a browser send it, and its token has the role the route asks for.
type guard struct {
	mux    *http.ServeMux
	access map[string]Role // least role by pattern
	ring   atomic.Pointer[keyring]
	origin *http.CrossOriginProtection
	failed *throttle
	embed  []string            // origins whose pages may show charts
	count  func(reason string) // counts refusals
	now    func() time.Time
}

func newGuard(table []route, auth Auth, count func(string), now func() time.Time) *guard {
	g := &guard{
		mux:    http.NewServeMux(),
		access: map[string]Role{},
		origin: http.NewCrossOriginProtection(),
		failed: newThrottle(),
		count:  count,
		now:    now,
	}
	g.setAuth(auth)
	for _, r := range table {
		g.mux.Handle(r.pattern(), r.handle)
		g.access[r.pattern()] = r.least
	}
	return g
}

// setAuth replaces tokens and certificates, which are valid.
func (g *guard) setAuth(auth Auth) {
	g.ring.Store(newKeyring(auth))
}

// open reports whether nobody is asked for a token.
func (g *guard) open() bool { return g.ring.Load().open() }

// pattern returns the route of r, or "" for none.
func (g *guard) pattern(r *http.Request) string {
	_, pattern := g.mux.Handler(r)
	return pattern
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	ring, pattern := g.ring.Load(), g.pattern(r)
	least, listed := g.access[pattern]
	if least != Linked && !g.trusts(w, r, ring) {
		return
	}
	if fromElsewhere(r) && pattern != pagePattern && !embeds(g.embed, pattern, r) && (least != Linked || !followsLink(r)) {
		g.refuse(w, "origin", http.StatusForbidden, "pages of other sites may not ask here")
		return
	}
	if !listed {
		g.unlisted(w, r)
		return
	}
	if !ring.open() && least != Anyone && least != Linked {
		who, ok := g.admit(w, r, ring, least)
		if !ok {
			return
		}
		from := sender.Of(r)
		from.Name, from.Write = who.name, who.write
		r = r.WithContext(sender.With(r.Context(), from))
	}
	g.mux.ServeHTTP(w, r)
}

// followsLink reports whether a person followed a link, from a mail perhaps, and
// not a page's script or picture.
func followsLink(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (mode == "navigate" || mode == "")
}

// trusts reports whether r names this service, and comes from its own pages if it
// changes something; it answers when not. Links are not asked: they work under
// whatever name people and proxies have for this machine, and who knows none has
// nothing to gain by having a browser ask.
func (g *guard) trusts(w http.ResponseWriter, r *http.Request, ring *keyring) bool {
	if ring.open() && !namesLoopback(r.Host) {
		g.refuse(w, "host", http.StatusForbidden, fmt.Sprintf(
			"the host %q is not a name of this machine's loopback address; ask for 127.0.0.1 or localhost, or configure auth.tokens", r.Host))
		return false
	}
	if err := g.origin.Check(r); err != nil {
		g.refuse(w, "origin", http.StatusForbidden, err.Error())
		return false
	}
	return true
}

// fromElsewhere reports whether a page of another site had the browser ask.
// It could not read the answer, but could have the server work for nothing.
func fromElsewhere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// unlisted refuses what has no route, and names the methods that the path does
// have one for.
func (g *guard) unlisted(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if p := g.pattern(other); p != "" && p != unknownAPI {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		g.refuse(w, "route", http.StatusNotFound, "no such path")
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	g.refuse(w, "method", http.StatusMethodNotAllowed, "the method "+r.Method+" is not for this path")
}

// admit returns who sends r, if his role is enough, and answers when it is not. A
// token goes before a certificate.
func (g *guard) admit(w http.ResponseWriter, r *http.Request, ring *keyring, least Role) (holder, bool) {
	secret, given := secretOf(r)
	who, known := ring.shownBy(r)
	switch {
	case given:
		if who, known = g.checked(w, r, ring, secret); !known {
			return who, false
		}
	case !known:
		challenge(w)
		g.refuse(w, "no token", http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN, or the token as password")
		return who, false
	}
	if !who.role.may(least) {
		g.refuse(w, "role", http.StatusForbidden, fmt.Sprintf("this needs the role %s; yours is %s", least, who.role))
		return who, false
	}
	return who, true
}

// checked returns the holder of a token, and answers when there is none.
func (g *guard) checked(w http.ResponseWriter, r *http.Request, ring *keyring, secret string) (holder, bool) {
	source, now := sourceOf(r.RemoteAddr), g.now()
	if wait := g.failed.blocked(source, now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		g.refuse(w, "throttled", http.StatusTooManyRequests, "too many wrong tokens from your address")
		return holder{}, false
	}
	who, known := ring.holderOf(secret)
	if !known {
		g.failed.fail(source, now)
		challenge(w)
		g.refuse(w, "wrong token", http.StatusUnauthorized, "the token is not known")
	}
	return who, known
}

// challenge has a browser ask for a token.
func challenge(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Basic realm="Plimsoll", charset="UTF-8"`)
}

func (g *guard) refuse(w http.ResponseWriter, reason string, code int, message string) {
	g.count(reason)
	writeError(w, code, "access", message)
}

// setSecurityHeaders tells browsers what pages of this service may do: load
// what it serves, and nothing from elsewhere. uPlot and Preact set inline styles.
func setSecurityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Referrer-Policy", "same-origin")
}

// contentPolicy lets pages be framed by those of this service, and of some origins.
func contentPolicy(framedBy ...string) string {
	return "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
		"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors " + strings.Join(append([]string{"'self'"}, framedBy...), " ")
}
