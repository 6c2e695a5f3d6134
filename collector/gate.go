package collector

import "sync"

// gate bounds the requests at a time: in all to limit, from one source to half.
type gate struct {
	limit int

	mu     sync.Mutex // guards what follows
	inside int
	from   map[string]int
}

// enter says whether a request may run; then leave must follow.
func (g *gate) enter(source string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside >= g.limit || g.from[source] >= (g.limit+1)/2 {
		return false
	}
	g.inside++
	g.from[source]++
	return true
}

func (g *gate) leave(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.from[source]--; g.from[source] == 0 {
		delete(g.from, source)
	}
}
