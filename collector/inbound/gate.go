package inbound

import "sync"

// Gate bounds the requests at a time: in all to a limit, from one source to half
// of it.
type Gate struct {
	limit int

	mu     sync.Mutex // guards what follows
	inside int
	from   map[string]int
}

// NewGate returns a Gate for so many requests.
func NewGate(limit int) *Gate { return &Gate{limit: limit, from: map[string]int{}} }

// Enter says whether a request may run; then Leave must follow.
func (g *Gate) Enter(source string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside >= g.limit || g.from[source] >= (g.limit+1)/2 {
		return false
	}
	g.inside++
	g.from[source]++
	return true
}

// Leave makes room for another request.
func (g *Gate) Leave(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.from[source]--; g.from[source] == 0 {
		delete(g.from, source)
	}
}
