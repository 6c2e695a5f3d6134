package dashboard

import (
	"encoding/json"
	"net/http"
)

// whoami answers with who asks and what he may do, for pages that offer nobody
// what would be refused.
func (s *Server) whoami(w http.ResponseWriter, r *http.Request) {
	who, open := s.guard.holderOf(r)
	body, _ := json.Marshal(struct { // of strings: cannot fail
		Name string `json:"name"`
		Role Role   `json:"role"`
		Open bool   `json:"open"` // nobody is asked for a token
	}{who.name, who.role, open})
	writeJSON(w, r, body)
}

// holderOf returns who sends a request that was let through.
func (g *guard) holderOf(r *http.Request) (who holder, open bool) {
	ring := g.ring.Load()
	if ring.open() {
		return holder{role: Admin}, true
	}
	if secret, given := secretOf(r); given {
		who, _ = ring.holderOf(secret)
	} else {
		who, _ = ring.shownBy(r)
	}
	return who, false
}
