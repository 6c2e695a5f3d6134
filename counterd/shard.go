package counterd

import (
	"net/netip"
	"sync"
	"time"
)

// maxRefused bounds how many refused names a shard remembers until the next
// flush, so that a repeated collision costs a look-up only.
const maxRefused = 1024

// shard is what one reader counts into. Its lock is held by the reader for a
// batch of datagrams, by the ticker for a swap, and for a moment by Stats.
type shard struct {
	registry   *registry
	bad        *badLines
	maxSlots   int
	maxMembers int

	mu      sync.Mutex
	line    line
	slots   [kindsAll]map[string]*slot
	count   int
	refused map[string]refusal
	key     []byte // scratch
	bound   []*slot
	epoch   int // 0 or 1
	touched [2][]*slot

	received, lines, parsed, ignored uint64
	reasons                          [reasonCount]uint64
}

// refusal is what became of a name that has no slot.
type refusal struct {
	reason    reason
	collision *collision
}

func newShard(c Config, r *registry, bad *badLines) *shard {
	s := &shard{
		registry: r, bad: bad, maxSlots: 2 * c.MaxSeries, maxMembers: c.MaxSetMembers,
		refused: map[string]refusal{}, line: line{maxName: c.MaxNameBytes, maxTags: c.MaxTagBytes},
	}
	for k := range s.slots {
		s.slots[k] = map[string]*slot{}
	}
	return s
}

// datagramLocked counts all lines of one datagram. The caller holds the lock.
func (s *shard) datagramLocked(b []byte, from netip.AddrPort) {
	s.received++
	for len(b) > 0 {
		var l []byte
		l, b, _ = cut(b, '\n')
		if n := len(l); n > 0 && l[n-1] == '\r' {
			l = l[:n-1]
		}
		if l = trim(l); len(l) > 0 {
			s.lineLocked(l, from)
		}
	}
}

func (s *shard) lineLocked(b []byte, from netip.AddrPort) {
	s.lines++
	r, clash := s.line.parse(b), (*collision)(nil)
	if r == good {
		r, clash = s.applyLocked()
	}
	if r == good {
		s.parsed++
		s.ignored += uint64(s.line.ignored)
		return
	}
	s.reasons[r]++
	s.bad.add(badLine{from: from, line: string(b[:min(len(b), maxBadLine)]), reason: r, collision: clash})
	if clash != nil {
		clash.count.Add(1)
	}
}

// applyLocked counts the parsed line: all of its samples, or none.
func (s *shard) applyLocked() (reason, *collision) {
	s.bound = s.bound[:0]
	for i := range s.line.samples {
		sm := &s.line.samples[i]
		sl, r, clash := s.slotLocked(sm.kind)
		if r != good {
			return r, clash
		}
		if sm.kind == set && len(sl.acc[s.epoch].members) >= s.maxMembers {
			return badSetFull, nil
		}
		s.bound = append(s.bound, sl)
	}
	for i, sl := range s.bound {
		a := &sl.acc[s.epoch]
		if !a.touched {
			a.touched = true
			s.touched[s.epoch] = append(s.touched[s.epoch], sl)
		}
		a.add(&s.line.samples[i])
	}
	return good, nil
}

// slotLocked finds the slot of the line's name and tags.
func (s *shard) slotLocked(k kind) (*slot, reason, *collision) {
	key := s.line.name
	if len(s.line.tags) > 0 { // no name holds "|"
		s.key = append(append(append(s.key[:0], key...), '|'), s.line.tags...)
		key = s.key
	}
	if sl := s.slots[k][string(key)]; sl != nil {
		return sl, good, nil
	}
	return s.newSlotLocked(k, key)
}

func (s *shard) newSlotLocked(k kind, key []byte) (*slot, reason, *collision) {
	mark := string(append([]byte{'0' + byte(k)}, key...))
	if r, ok := s.refused[mark]; ok {
		return nil, r.reason, r.collision
	}
	sl := &slot{shard: s, key: mark[1:], kind: k}
	r, clash := badSeriesLimit, (*collision)(nil)
	if s.count < s.maxSlots {
		r, clash = s.registry.bind(sl, s.line.name, s.line.tags)
	}
	if r != good {
		if len(s.refused) < maxRefused {
			s.refused[mark] = refusal{r, clash}
		}
		return nil, r, clash
	}
	s.slots[k][sl.key] = sl
	s.count++
	return sl, good, nil
}

// swap begins a new epoch and returns the old one, which is the ticker's until
// it calls swap again.
func (s *shard) swap() (touched []*slot, epoch int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	epoch = s.epoch
	s.epoch = 1 - epoch
	touched = s.touched[epoch]
	s.touched[epoch] = touched[:0]
	return touched, epoch
}

// forget drops a slot, unless it was used since the last swap.
func (s *shard) forget(sl *slot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl.acc[0].touched || sl.acc[1].touched {
		return false
	}
	delete(s.slots[sl.kind], sl.key)
	s.count--
	return true
}

// forgiveRefused lets names that were refused try again.
func (s *shard) forgiveRefused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.refused)
}

// maxBadLine is how much of a bad line is kept, in bytes.
const maxBadLine = 200

// badLine is a line that was refused.
type badLine struct {
	at        time.Time
	from      netip.AddrPort
	line      string
	reason    reason
	collision *collision
}

// badLines keeps the last of them.
type badLines struct {
	now func() time.Time

	mu   sync.Mutex
	ring [20]badLine
	n    int // ever added
}

func (b *badLines) add(l badLine) {
	l.at = b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring[b.n%len(b.ring)] = l
	b.n++
}

// last returns what is kept, oldest first.
func (b *badLines) last() []badLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []badLine
	for i := max(0, b.n-len(b.ring)); i < b.n; i++ {
		out = append(out, b.ring[i%len(b.ring)])
	}
	return out
}
