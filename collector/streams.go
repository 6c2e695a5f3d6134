package collector

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/remotewrite"
)

// maxStreams bounds the streams that are remembered, maxStreamBytes the name of
// one.
const (
	maxStreams     = 20_000
	maxStreamBytes = 64
)

// streams knows how far senders that number their samples have come, so that a
// request whose answer was lost is not taken twice (remotewrite.StreamHeader).
type streams struct {
	mu    sync.Mutex // guards what follows, but not what stream.mu does
	by    map[string]*stream
	dirty bool // something is not yet in the file
}

// stream is one sender's.
type stream struct {
	mu     sync.Mutex // held while a request of the stream is taken
	next   uint64     // the number of the first sample that did not come; guarded by streams.mu too
	newest int64      // stamp of those that came, 0 if it is not known; guarded by streams.mu too
	seen   time.Time  // guarded by streams.mu
}

// turn is a request's place in its stream; nil for a request that has none.
type turn struct {
	of     *streams
	stream *stream
	first  uint64
	again  bool // numbers were given anew
}

// enter waits for the requests of the stream before this one, and then leave
// must follow.
func (s *streams) enter(req *http.Request, now time.Time) *turn {
	name := req.Header.Get(remotewrite.StreamHeader)
	first, err := strconv.ParseUint(req.Header.Get(remotewrite.FirstHeader), 10, 64)
	if name == "" || len(name) > maxStreamBytes || err != nil {
		return nil
	}
	t := &turn{of: s, stream: s.get(name, now), first: first}
	t.stream.mu.Lock()
	return t
}

func (s *streams) get(name string, now time.Time) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.by[name]
	if it == nil {
		if len(s.by) >= maxStreams {
			s.forgetLocked()
		}
		it = &stream{}
		s.by[strings.Clone(name)] = it
	}
	it.seen = now
	return it
}

// forgetLocked forgets the stream that was silent longest.
func (s *streams) forgetLocked() {
	var oldest string
	for name, it := range s.by {
		if oldest == "" || it.seen.Before(s.by[oldest].seen) {
			oldest = name
		}
	}
	delete(s.by, oldest)
}

// known returns how many of the first samples of the request came before.
func (t *turn) known() int {
	if t == nil || t.stream.next <= t.first {
		return 0
	}
	return int(min(t.stream.next-t.first, 1<<31))
}

// anew says whether a stamp among the numbers that came is newer than all of them:
// then the sender, as a machine that was set back to a snapshot, gives them anew.
func (t *turn) anew(at int64) bool {
	t.again = t.again || t.stream.newest > 0 && at > t.stream.newest
	return t.again
}

// taken notes that so many samples of the request are settled, and the newest stamp.
func (t *turn) taken(n int, newest int64) {
	if t == nil {
		return
	}
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.stream.newest = max(t.stream.newest, newest)
	if end := t.first + uint64(n); end > t.stream.next || t.again {
		t.stream.next = end
		t.of.dirty = true
	}
}

func (t *turn) leave() {
	if t != nil {
		t.stream.mu.Unlock()
	}
}

// streamsState is the content of the file of streams.
type streamsState struct {
	Version int           `json:"version"`
	Streams []streamState `json:"streams"`
}

type streamState struct {
	Name   string    `json:"name"`
	Next   uint64    `json:"next"`
	Newest int64     `json:"newest,omitempty"` // ms since the Unix epoch
	Seen   time.Time `json:"seen"`
}

func (s *streams) load(dir string) error {
	var st streamsState
	if err := read(dir, streamsName, &st, &st.Version); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range st.Streams[:min(len(st.Streams), maxStreams)] {
		s.by[it.Name] = &stream{next: it.Next, newest: it.Newest, seen: it.Seen}
	}
	return nil
}

// save writes how far the streams are. Those that were silent for longer than
// forget are forgotten.
func (s *streams) save(dir string, now time.Time, forget time.Duration) error {
	s.mu.Lock()
	st := streamsState{Version: 1, Streams: []streamState{}}
	dirty := s.dirty
	s.dirty = false
	for name, it := range s.by {
		if now.Sub(it.seen) > forget {
			delete(s.by, name)
			continue
		}
		st.Streams = append(st.Streams, streamState{name, it.next, it.newest, it.seen})
	}
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := write(dir, streamsName, st); err != nil {
		s.mu.Lock()
		s.dirty = true
		s.mu.Unlock()
		return fmt.Errorf("save how far senders have come: %w", err)
	}
	return nil
}
