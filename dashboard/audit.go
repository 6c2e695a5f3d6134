package dashboard

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	auditLines = 1000 // kept in memory; all are logged
	askedBytes = 300  // kept of what one asked for
)

// change is a line of the audit log: what somebody had changed or tried to, and
// what came of it.
type change struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who,omitempty"` // of a token or certificate
	Role   Role      `json:"role,omitempty"`
	From   string    `json:"from"` // the address
	Method string    `json:"method"`
	Path   string    `json:"path"` // as routes have it: what stands in a link is secret
	Asked  string    `json:"asked,omitempty"`
	Code   int       `json:"code"`
}

// audit keeps who changed what: all that is asked for by other methods than GET
// and asks for an operator, an admin or a link. What agents and scripts send are
// no changes, and queries neither. Strangers leave no line: they are counted.
type audit struct {
	guard  *guard
	logger *slog.Logger
	now    func() time.Time

	mu    sync.Mutex // guards lines
	lines []change   // oldest first
}

// watch sees to it that a request that changes something leaves a line. The
// caller calls told when it is answered.
func (a *audit) watch(r *http.Request, pattern string) (told func(code int)) {
	least := a.guard.access[pattern]
	if r.Method == http.MethodGet || r.Method == http.MethodHead || least != Operator && least != Admin && least != Linked {
		return func(int) {}
	}
	_, path, _ := strings.Cut(pattern, " ")
	c := change{At: a.now().UTC(), From: r.RemoteAddr, Method: r.Method, Path: path}
	who, open := a.guard.holderOf(r)
	c.Who, c.Role = who.name, who.role
	if least == Linked {
		return func(code int) {
			if code < http.StatusBadRequest {
				c.Who, c.Role, c.Code = "", Linked, code
				a.put(r.Context(), c)
			}
		}
	}
	body := overhear(r)
	return func(code int) {
		stranger := who.role == "" || open && code == http.StatusForbidden // of another site, or another host's name
		if !stranger {
			c.Code, c.Asked = code, askedOf(r, body)
			a.put(r.Context(), c)
		}
	}
}

// put logs a line and keeps it as one of the newest.
func (a *audit) put(ctx context.Context, c change) {
	a.logger.LogAttrs(ctx, slog.LevelInfo, "change", slog.String("who", c.Who), slog.String("role", string(c.Role)), slog.String("from", c.From),
		slog.String("method", c.Method), slog.String("path", c.Path), slog.String("asked", c.Asked), slog.Int("code", c.Code))
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.lines) >= auditLines {
		a.lines = slices.Delete(a.lines, 0, len(a.lines)-auditLines+1)
	}
	a.lines = append(a.lines, c)
}

// newest lists the n newest lines, the newest first.
func (a *audit) newest(n int) []change {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := append([]change{}, a.lines[max(0, len(a.lines)-n):]...)
	slices.Reverse(out)
	return out
}

// overhear keeps the begin of a body that is a form or JSON while it is read.
func overhear(r *http.Request) *bytes.Buffer {
	kept := &bytes.Buffer{}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Body != nil && (kind == formType || kind == "application/json") {
		r.Body = &heard{r.Body, kept}
	}
	return kept
}

// heard is a body whose begin is kept. One goroutine reads it.
type heard struct {
	io.ReadCloser
	kept *bytes.Buffer
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.kept.Write(p[:min(n, askedBytes-h.kept.Len())])
	return n, err
}

// askedOf is what r asked for, in its address and its body.
func askedOf(r *http.Request, body *bytes.Buffer) string {
	asked := r.URL.RawQuery
	if text := body.String(); text != "" {
		asked = strings.TrimPrefix(asked+" "+text, " ")
	}
	if !strings.HasPrefix(asked, "{") { // a form
		if plain, err := url.QueryUnescape(asked); err == nil {
			asked = plain
		}
	}
	return strings.ToValidUTF8(asked[:min(len(asked), askedBytes)], "\uFFFD")
}
