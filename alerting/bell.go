package alerting

import "sync"

// bell tells all who wait that something is new.
type bell struct {
	mu    sync.Mutex    // guards what follows
	rings chan struct{} // closed by ring, which makes it anew
}

func newBell() bell { return bell{rings: make(chan struct{})} }

// wait returns a channel that is closed at the next ring.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rings
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.rings)
	b.rings = make(chan struct{})
}
