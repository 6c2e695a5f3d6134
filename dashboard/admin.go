package dashboard

import (
	"context"
	"net/http"
	"time"
)

// adminRoutes adds what only an admin may see.
func (s *Server) adminRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	add(Admin, "/api/plimsoll/v1/config", s.own(s.config), http.MethodGet)
	add(Admin, "/api/plimsoll/v1/access", s.own(s.access), http.MethodGet)
	add(Admin, "/api/plimsoll/v1/audit", s.own(s.audited), http.MethodGet)
}

// audited answers with the newest changes, and since when they are kept.
func (s *Server) audited(_ context.Context, p params) (any, error) {
	limit, err := p.count("limit", defaultLines)
	if err != nil {
		return nil, badData(err)
	}
	return struct {
		Since time.Time `json:"since"`
		Lines []change  `json:"audit"`
	}{s.started.UTC(), s.audit.newest(min(limit, auditLines))}, nil
}

// config answers with the configuration that is in force, without secrets.
func (s *Server) config(context.Context, params) (any, error) {
	if s.cfg.Running == nil {
		return nil, errAbsent
	}
	text, err := s.cfg.Running()
	return map[string]string{"yaml": string(text)}, err
}

// access answers with who is let in, and what each may do; never by what.
func (s *Server) access(context.Context, params) (any, error) {
	return s.guard.ring.Load().holders(), nil
}

// holders is who is let in.
type holders struct {
	Open         bool   `json:"open"` // nobody is asked for a token
	Tokens       []held `json:"tokens"`
	Certificates []held `json:"certificates"`
}

// held is what the holder of a token, or of any certificate that matches, may do.
type held struct {
	Name  string  `json:"name"` // of the token, or the pattern of the certificate's
	Role  Role    `json:"role"`
	Write written `json:"write"`
}

// written is a sender.Write.
type written struct {
	Instances []string `json:"instances,omitempty"`
	Jobs      []string `json:"jobs,omitempty"`
	Metrics   []string `json:"metrics,omitempty"`
}

func (k *keyring) holders() holders {
	h := holders{Open: k.open(), Tokens: []held{}, Certificates: []held{}}
	for _, key := range k.keys {
		h.Tokens = append(h.Tokens, held{key.name, key.role, written(key.write)})
	}
	for _, c := range k.certificates {
		h.Certificates = append(h.Certificates, held{c.Match, c.Role, written(c.Write)})
	}
	return h
}
