package counterd

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
)

// watchFor is how long the table of names is kept up after somebody asked.
const watchFor = 10_000 // ms

// watch counts what each series gets in a second, while somebody looks.
type watch struct {
	until atomic.Int64 // Unix milliseconds

	// the ticker's
	on     bool
	counts map[*record]float64 // of the second that is being merged

	mu    sync.Mutex    // guards what follows
	last  []Busy        // of the second before, unordered
	ready chan struct{} // closed when last is renewed
}

// Busy is a series and what it got in the last second.
type Busy struct {
	Name   string            `json:"name"`
	Type   string            `json:"type"`
	Labels map[string]string `json:"labels,omitempty"`
	// Rate is the events of a counter, the observations of a timing, the new
	// members of a set, and 1 for a gauge that was sent, per second.
	Rate float64 `json:"rate"`
}

// begin and end enclose the merging of one second; see is called between them,
// by the ticker.
func (w *watch) begin(at int64) {
	was := w.on
	w.on = at < w.until.Load()
	switch {
	case w.on && !was:
		w.counts = map[*record]float64{}
	case was && !w.on:
		w.counts = nil
		w.mu.Lock()
		w.last = nil
		w.mu.Unlock()
	}
}

func (w *watch) see(h *harvest) {
	if !w.on {
		return
	}
	n := h.value
	switch {
	case h.sketch != nil:
		n = h.sketch.Count()
	case h.members != nil:
		n = float64(len(h.members))
	case h.series.kind == line.Gauge:
		n = 1
	}
	w.counts[h.series] += n
}

func (w *watch) end() {
	if !w.on {
		return
	}
	all := make([]Busy, 0, len(w.counts))
	for s, n := range w.counts {
		info := describe(s)
		all = append(all, Busy{Name: info.Name, Type: info.Type, Labels: info.Labels, Rate: n})
	}
	clear(w.counts)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = all
	if w.ready != nil {
		close(w.ready)
		w.ready = nil
	}
}

// Top returns the n busiest series of the second that ends next.
func (s *Server) Top(ctx context.Context, n int) ([]Busy, error) {
	w := s.ticker.watch
	w.mu.Lock()
	if w.ready == nil {
		w.ready = make(chan struct{})
	}
	ready := w.ready
	w.mu.Unlock()
	w.until.Store(time.Now().UnixMilli() + max(watchFor, 3*s.config.Live.Milliseconds()))
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-ready:
	}
	w.mu.Lock()
	all := slices.Clone(w.last)
	w.mu.Unlock()
	slices.SortFunc(all, func(a, b Busy) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(n, len(all))], nil
}

const (
	tailSize = 256 // lines that wait for a slow reader of a tail
	// tailRate bounds the lines of a tail in a second: to copy each line of a
	// flood would slow its reader down.
	tailRate = 200
)

// Line is a line that came in, as a tail shows it.
type Line struct {
	At     time.Time `json:"at"`
	Source string    `json:"source,omitempty"`
	Line   string    `json:"line"`             // at most 200 bytes of it; none where there is only Missed to tell
	Reason string    `json:"reason,omitempty"` // why it was refused
	// Missed is how many lines before this one were too many: for the reader, or
	// for one second.
	Missed uint64 `json:"missed,omitempty"`
}

// tap copies the lines of one raw name to those who look on.
type tap struct {
	name string // "" for all
	now  func() time.Time
	out  chan Line // never closed

	mu     sync.Mutex // guards what follows
	missed uint64
	second int64 // of Unix time, in which so many lines were
	given  int
}

// wants tells whether a line, good or bad, is of the name.
func (t *tap) wants(text []byte) bool {
	n := len(t.name)
	if n == 0 {
		return true
	}
	return len(text) >= n && string(text[:n]) == t.name && (len(text) == n || text[n] == ':' || text[n] == '|')
}

func (t *tap) see(text []byte, from netip.AddrPort, r line.Reason) {
	if !t.wants(text) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if s := now.Unix(); s != t.second {
		t.second, t.given = s, 0
	}
	if t.given >= tailRate || len(t.out) == cap(t.out) {
		t.missed++
		return
	}
	t.given++
	shown := strings.ToValidUTF8(string(text[:min(len(text), maxBadLine)]), "\uFFFD")
	l := Line{At: now, Line: shown, Reason: r.String(), Missed: t.missed}
	if from.IsValid() {
		l.Source = from.String()
	}
	t.out <- l // there is room: nobody else sends
	t.missed = 0
}

// overdue returns what was missed and not told yet, for when no line follows.
func (t *tap) overdue() (Line, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := Line{At: t.now(), Missed: t.missed}
	t.missed = 0
	return l, l.Missed > 0
}

// Tail calls fn with the lines of one raw name, or of all for "", until ctx
// ends or fn returns false. Lines that come faster than fn takes them are
// counted as missed.
func (s *Server) Tail(ctx context.Context, name string, fn func(Line) bool) {
	t := &tap{name: name, now: time.Now, out: make(chan Line, tailSize)}
	for _, sh := range s.shards {
		sh.open(t)
	}
	defer func() {
		for _, sh := range s.shards {
			sh.close(t)
		}
	}()
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for {
		var l Line
		more := true
		select {
		case <-ctx.Done():
			return
		case l = <-t.out:
		case <-each.C:
			l, more = t.overdue()
		}
		if more && !fn(l) {
			return
		}
	}
}

func (s *shard) open(t *tap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taps = append(s.taps, t)
}

func (s *shard) close(t *tap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taps = slices.DeleteFunc(slices.Clone(s.taps), func(o *tap) bool { return o == t })
}

// describe names a series for people.
func describe(s *record) NameInfo {
	info := NameInfo{Type: typeName(s.kind), Labels: map[string]string{}}
	s.labels.Range(func(l labels.Label) {
		if l.Name == "__name__" {
			info.Name = l.Value
		} else {
			info.Labels[l.Name] = l.Value
		}
	})
	return info
}
