package watch

import (
	"container/heap"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/agents/weblog/top"
)

const (
	holdBack    = 2 * time.Second
	releaseEach = 250 * time.Millisecond
	maxHeld     = 20_000 // lines; beyond it the oldest are shown early
	ringLines   = 500    // that a tail begins with at most
	queueLines  = 2_000  // that wait for a slow reader
	// lookedFor is how long a question about what is most frequent counts as
	// somebody looking.
	lookedFor = 30 * time.Second
)

// Hub has the lines. Its methods may be called from several goroutines.
type Hub struct {
	now func() time.Time
	// entered has a token when a tail has begun since Run looked.
	entered chan struct{}

	mu     sync.Mutex // guards all below
	ring   []Line     // the newest, from next on round
	next   int
	held   lineHeap
	shown  time.Time // of the youngest line that was released
	tails  map[*tail]bool
	asked  time.Time // when Top was last asked for
	others map[string]report

	counters [kinds]*top.Counter
}

// report is what another server told.
type report struct {
	at   time.Time
	tops map[string]top.List
}

// New returns a hub without lines.
func New(now func() time.Time) *Hub {
	h := &Hub{now: now, entered: make(chan struct{}, 1), tails: map[*tail]bool{}, others: map[string]report{}}
	for i := range h.counters {
		h.counters[i] = top.New(top.Default())
	}
	return h
}

// Offer takes lines.
func (h *Hub) Offer(lines ...Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range lines {
		if len(l.Text) > MaxText {
			l.Text = strings.Clone(l.Text[:MaxText])
		}
		switch {
		case len(h.tails) == 0:
			h.keepLocked(l)
		case l.At.Before(h.shown):
			l.Late = true
			h.showLocked(l)
		default:
			heap.Push(&h.held, heldLine{l, h.now().Add(holdBack)})
			for len(h.held) > maxHeld {
				h.showLocked(heap.Pop(&h.held).(heldLine).Line)
			}
		}
	}
}

func (h *Hub) keepLocked(l Line) {
	if len(h.ring) < ringLines {
		h.ring = append(h.ring, l)
		return
	}
	h.ring[h.next] = l
	h.next = (h.next + 1) % ringLines
}

func (h *Hub) showLocked(l Line) {
	if l.At.After(h.shown) {
		h.shown = l.At
	}
	h.keepLocked(l)
	for t := range h.tails {
		t.put(l)
	}
}

// Run shows lines when they were held long enough, until ctx ends. It sleeps while
// nobody looks: no line is held then.
func (h *Hub) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.entered:
			h.show(ctx)
		}
	}
}

// show releases lines as long as somebody looks.
func (h *Hub) show(ctx context.Context) {
	tick := time.NewTicker(releaseEach)
	defer tick.Stop()
	for looked := true; looked; looked, _ = h.Watched() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.release(h.now())
		}
	}
}

// release shows the lines that were held long enough, and those that ended before
// them.
func (h *Hub) release(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	due := time.Time{}
	for _, l := range h.held {
		if !l.until.After(now) && l.At.After(due) {
			due = l.At
		}
	}
	for len(h.held) > 0 && !h.held[0].At.After(due) {
		h.showLocked(heap.Pop(&h.held).(heldLine).Line)
	}
}

// tail is somebody who looks.
type tail struct {
	filter Filter
	queue  chan Line
	lost   uint64 // since the last line that was queued; the hub's mutex guards it
}

// put never waits.
func (t *tail) put(l Line) {
	if !t.filter.Matches(&l) {
		return
	}
	l.Dropped = t.lost
	select {
	case t.queue <- l:
		t.lost = 0
	default:
		t.lost++
	}
}

// Tail gives the last lines that f picks, and then those that come, until ctx
// ends or give returns false.
func (h *Hub) Tail(ctx context.Context, f Filter, give func(Line) bool) {
	t := &tail{filter: f, queue: make(chan Line, queueLines)}
	last := h.enter(t)
	defer h.leave(t)
	for _, l := range last {
		if f.Matches(&l) && !give(l) {
			return
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-t.queue:
			if !give(l) {
				return
			}
		}
	}
}

// enter begins a tail and returns the lines of the ring, in the order of time.
func (h *Hub) enter(t *tail) []Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := slices.Clone(h.ring)
	slices.SortStableFunc(last, func(a, b Line) int { return a.At.Compare(b.At) })
	if len(h.tails) == 0 {
		h.shown = time.Time{}
	}
	h.tails[t] = true
	select {
	case h.entered <- struct{}{}:
	default:
	}
	return last
}

func (h *Hub) leave(t *tail) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tails, t)
	for len(h.tails) == 0 && len(h.held) > 0 {
		h.keepLocked(heap.Pop(&h.held).(heldLine).Line)
	}
}

// Watched reports whether somebody looks at lines, and at what is most frequent.
func (h *Hub) Watched() (lines, tops bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.tails) > 0, h.now().Sub(h.asked) < lookedFor
}
