package counterd

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"plimsoll/counterd/line"
)

const (
	keptBadLines = 20
	maxBadLine   = 200 // bytes of each
)

// badLine is a line that was refused. It is a value, so that a flood of them
// makes no garbage.
type badLine struct {
	at        time.Time
	from      netip.AddrPort
	text      [maxBadLine]byte
	size      int
	reason    line.Reason
	collision *collision
}

// badLines keeps the last of them.
type badLines struct {
	now func() time.Time

	mu   sync.Mutex // guards what follows
	ring [keptBadLines]badLine
	n    int // ever added
}

func (b *badLines) add(from netip.AddrPort, text []byte, r line.Reason, c *collision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &b.ring[b.n%len(b.ring)]
	l.at, l.from, l.reason, l.collision = b.now(), from, r, c
	l.size = copy(l.text[:], text)
	b.n++
}

// last returns what is kept, newest first.
func (b *badLines) last() []BadLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []BadLine{}
	for i := b.n - 1; i >= max(0, b.n-len(b.ring)); i-- {
		out = append(out, b.ring[i%len(b.ring)].public())
	}
	return out
}

func (l *badLine) public() BadLine {
	b := BadLine{
		At: l.at, Line: strings.ToValidUTF8(string(l.text[:l.size]), "\uFFFD"), Reason: l.reason.String(),
	}
	if l.from.IsValid() {
		b.Source = l.from.String()
	}
	if l.collision != nil {
		b.Reason += " with " + l.collision.owner
	}
	return b
}
