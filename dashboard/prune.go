package dashboard

import "net/http"

// RuleWork is what can be found out about rules, in a place of a heavy query: it
// reads history and changes no rule. Each part may be nil.
type RuleWork struct {
	// Replay says what rules, which are the content, would have done.
	Replay Work
	// Stats counts what the rules' episodes were good for; Suggestions says what
	// should be changed.
	Stats, Suggestions Work
	// Judge keeps what somebody says to a suggestion.
	Judge Work
}

// ruleRoutes adds what can be found out about rules.
func (s *Server) ruleRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	add(Viewer, "/api/plimsoll/v1/rules/replay", s.look(s.cfg.Rules.Replay), http.MethodPost)
	add(Viewer, "/api/plimsoll/v1/rules/stats", s.look(s.cfg.Rules.Stats), http.MethodGet)
	add(Viewer, "/api/plimsoll/v1/rules/suggestions", s.look(s.cfg.Rules.Suggestions), http.MethodGet)
	add(Operator, "/api/plimsoll/v1/rules/suggestions", s.look(s.cfg.Rules.Judge), http.MethodPost)
}
