package collector

import (
	"container/list"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/collector/limit"
)

// maxTracked bounds the series that are remembered of all sources together, at
// some 10 bytes each.
const maxTracked = 8_000_000

// sources keeps what is known of each source, of so many as are bounded: beyond
// that the one that was silent longest is forgotten.
type sources struct {
	limits limit.Config
	limit  int

	mu        sync.Mutex               // guards what follows; never taken with a source's own held
	by        map[string]*list.Element // of *source
	order     *list.List               // the last heard first
	forgotten int
}

func newSources(cfg Config) sources {
	return sources{limits: cfg.Limits, limit: cfg.MaxSources, by: map[string]*list.Element{}, order: list.New()}
}

// heard returns the state of a source that is heard of now.
func (s *sources) heard(name string, now time.Time) *source {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.by[name]; e != nil {
		s.order.MoveToFront(e)
		return e.Value.(*source)
	}
	if len(s.by) >= s.limit {
		s.dropLocked(s.order.Back())
	}
	it := &source{
		told:  Source{Source: name, FirstSeen: now, LastSeen: now, Refused: map[string]int{}},
		meter: limit.NewMeter(s.limits.For(name), now),
	}
	s.by[name] = s.order.PushFront(it)
	return it
}

func (s *sources) dropLocked(e *list.Element) {
	delete(s.by, e.Value.(*source).told.Source) // which never changes
	s.order.Remove(e)
	s.forgotten++
}

// has says whether a source is known.
func (s *sources) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[name] != nil
}

// all returns the states, the last heard first.
func (s *sources) all() []*source {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*source, 0, len(s.by))
	for e := s.order.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(*source))
	}
	return out
}

// tidy forgets the sources that were silent for longer than silence, and the
// series of those that were so longest while there are too many of all.
func (s *sources) tidy(now time.Time, silence time.Duration, most int) {
	series := 0
	for _, it := range s.all() {
		n := it.turn(now, series >= most)
		series += n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Back(); e != nil && e.Value.(*source).silent(now) > silence; e = s.order.Back() {
		s.dropLocked(e)
	}
}

// shown returns what is known of all sources, sorted by name.
func (s *sources) shown(now time.Time) []Source {
	all := s.all()
	out := make([]Source, 0, len(all))
	for _, it := range all {
		out = append(out, it.shown(now))
	}
	slices.SortFunc(out, func(a, b Source) int { return strings.Compare(a.Source, b.Source) })
	return out
}
