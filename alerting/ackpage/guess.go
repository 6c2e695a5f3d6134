package ackpage

import (
	"sync"
	"time"
)

// Wrong tokens that are answered: so many at once, and one more each time.
const (
	guessBurst  = 10
	guessRefill = 6 * time.Second
)

// guesses counts wrong tokens, whoever sends them.
type guesses struct {
	mu        sync.Mutex // guards forgotten
	forgotten time.Time  // when all will be; each guess moves it on
}

// allow counts one, and reports whether it is to be answered.
func (g *guesses) allow(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forgotten.Before(now) {
		g.forgotten = now
	}
	if g.forgotten.Sub(now) > (guessBurst-1)*guessRefill {
		return false
	}
	g.forgotten = g.forgotten.Add(guessRefill)
	return true
}
