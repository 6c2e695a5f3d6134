package watch

import (
	"maps"
	"slices"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/top"
)

// What is looked for among the lines.
const (
	paths = iota
	clients
	referers
	userAgents
	kinds
)

// Kinds are the names of the lists.
func Kinds() []string { return []string{"path", "client", "referer", "user_agent"} }

const (
	// maxOthers bounds the servers that are listened to, maxItems the keys of each
	// of their lists, and othersAge the age of their lists.
	maxOthers = 1000
	maxItems  = 200
	othersAge = 20 * time.Second
)

// Count takes a request into account.
func (h *Hub) Count(e *accesslog.Entry, now time.Time) {
	h.counters[paths].Add(e.Path, now)
	h.counters[clients].Add(e.Client, now)
	h.counters[referers].Add(e.Referer, now)
	h.counters[userAgents].Add(e.UserAgent, now)
}

// Own returns what is most frequent among the lines of this process.
func (h *Hub) Own(n int) map[string]top.List {
	out := map[string]top.List{}
	for i, kind := range Kinds() {
		out[kind] = h.counters[i].Top(n, h.now())
	}
	return out
}

// Tops is what is most frequent.
type Tops struct {
	SpanSeconds float64             `json:"span_seconds"`
	Servers     []string            `json:"servers"` // whose lists are in it besides the own
	Lists       map[string]top.List `json:"lists"`   // by kind
}

// Top returns what is most frequent among the lines of this process and those of
// the servers that told theirs lately. Being asked makes them tell.
func (h *Hub) Top(n int) Tops {
	h.mu.Lock()
	now := h.now()
	h.asked = now
	maps.DeleteFunc(h.others, func(_ string, r report) bool { return now.Sub(r.at) > othersAge })
	others := maps.Clone(h.others)
	h.mu.Unlock()

	out := Tops{SpanSeconds: top.Default().Span.Seconds(), Servers: slices.AppendSeq([]string{}, maps.Keys(others)), Lists: map[string]top.List{}}
	slices.Sort(out.Servers)
	for kind, own := range h.Own(top.Default().Keys) {
		lists := []top.List{own}
		for _, r := range others {
			lists = append(lists, r.tops[kind])
		}
		out.Lists[kind] = top.Merge(lists, n)
	}
	return out
}

// Report is what another server tells.
type Report struct {
	Server string              `json:"server"`
	Lines  []Line              `json:"lines,omitempty"`
	Tops   map[string]top.List `json:"tops,omitempty"`
}

// Wanted is the answer to a Report: what somebody looks at.
type Wanted struct {
	Lines bool `json:"lines"`
	Tops  bool `json:"tops"`
}

// Allowed returns the report without the lines of servers that its sender may not
// speak for; ok is false if it may not speak for its own.
func (r Report) Allowed(allows func(host string) bool) (out Report, ok bool) {
	r.Lines = slices.DeleteFunc(r.Lines, func(l Line) bool { return !allows(l.Server) })
	return r, allows(r.Server)
}

// Take takes what another server tells.
func (h *Hub) Take(r Report) Wanted {
	if r.Server != "" && len(r.Tops) > 0 {
		h.takeTops(r)
	}
	if len(r.Lines) > 0 {
		h.Offer(r.Lines...)
	}
	lines, tops := h.Watched()
	return Wanted{lines, tops}
}

func (h *Hub) takeTops(r Report) {
	tops := map[string]top.List{}
	for _, kind := range Kinds() {
		tops[kind] = top.Merge([]top.List{r.Tops[kind]}, maxItems)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.others[r.Server]; known || len(h.others) < maxOthers {
		h.others[r.Server] = report{h.now(), tops}
	}
}
