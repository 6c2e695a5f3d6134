package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// What pages of other sites may show: one chart without the rest of the pages, and
// pictures.
const (
	embedPattern  = "GET /embed"
	renderPattern = "GET /render"
)

// validOrigin refuses what is not scheme://host[:port], as browsers write an origin.
func validOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin ||
		strings.ContainsAny(origin, " ;,'\"*") || strings.ToLower(origin) != origin {
		return fmt.Errorf("%q is no origin: it is https://wiki.example.com, in small letters, without a path", origin)
	}
	return nil
}

// embed serves the page of one chart, which the pages of some sites may frame.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	if from := s.cfg.Limits.EmbedFrom; len(from) > 0 {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy(from...))
		h.Del("X-Frame-Options") // it can name no other sites, and the policy above does
	}
	s.site.ServeHTTP(w, r)
}

// embeds reports whether a page of another site may have the browser ask for what
// has the pattern. Who may frame a page the browser judges by its policy; who shows
// a picture is told by the Referer.
func embeds(from []string, pattern string, r *http.Request) bool {
	switch pattern {
	case embedPattern:
		return len(from) > 0
	case renderPattern:
		u, err := url.Parse(r.Referer())
		return err == nil && slices.Contains(from, u.Scheme+"://"+u.Host)
	}
	return false
}
