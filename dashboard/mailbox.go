package dashboard

import "sync"

// mailbox is what waits for one client: at most one round, the newest, the newest
// frame of each state, and pasts within maxPastBytes. Whoever puts something in
// never waits.
type mailbox struct {
	mu     sync.Mutex // guards all below but ready
	subs   []subscription
	held   map[subscription]bool // those of subs whose data wait for their past
	fresh  bool                  // the client has subscribed since the last mail
	round  *round
	pasts  []past // of one release
	states [stateCount][]byte
	notes  [][]byte // answers to what the client sent; bounded by maxNotes
	closed bool

	// ready holds one token when there is something to take. It is never
	// closed: a closed mailbox is ready, and says so in its mail.
	ready chan struct{}
}

// maxNotes bounds the answers that wait for a client that sends nonsense.
const maxNotes = 2 * maxSubscriptions

// past is the last minutes of one subscription; all clients share json.
type past struct {
	id   string
	json []byte // [{"labels":{…},"points":[[1700000000,1.5]…]}…]
}

// mail is what a client's writer takes at once.
type mail struct {
	subs   []subscription // whose data are not held
	fresh  bool
	round  *round
	pasts  []past
	states [stateCount][]byte
	notes  [][]byte
	closed bool
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// putRound replaces the waiting round, and reports whether there was one.
func (m *mailbox) putRound(r *round) (skipped bool) {
	m.mu.Lock()
	skipped = m.round != nil
	m.round = r
	m.mu.Unlock()
	m.ring()
	return skipped
}

// putState replaces the waiting frame of one state. No frame changes nothing.
func (m *mailbox) putState(kind int, frame []byte) {
	if frame == nil {
		return
	}
	m.mu.Lock()
	m.states[kind] = frame
	m.mu.Unlock()
	m.ring()
}

// putNote adds an answer to something the client sent.
func (m *mailbox) putNote(frame []byte) {
	m.mu.Lock()
	if len(m.notes) < maxNotes {
		m.notes = append(m.notes, frame)
	}
	m.mu.Unlock()
	m.ring()
}

// want replaces the subscriptions. The data of new ones are held until release.
func (m *mailbox) want(subs []subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := make(map[subscription]bool, len(m.subs))
	for _, s := range m.subs {
		known[s] = !m.held[s]
	}
	m.held = map[subscription]bool{}
	for _, s := range subs {
		if !known[s] {
			m.held[s] = true
		}
	}
	m.subs, m.fresh = subs, true
}

// waiting returns the subscriptions whose data are held.
func (m *mailbox) waiting() []subscription {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.subsLocked(true)
}

// release lets the data of subs flow from the round r on, after their pasts,
// which are given by expression. Pasts that the client has not taken make way,
// and what goes beyond maxPastBytes is left out: it returns how many.
func (m *mailbox) release(subs []subscription, pasts map[string][]byte, r *round) (dropped int) {
	m.mu.Lock()
	defer m.ring()
	defer m.mu.Unlock()
	dropped, m.pasts, m.round = len(m.pasts), nil, r
	size := 0
	for _, s := range subs {
		json := pasts[s.Expr]
		wanted := m.held[s] && json != nil
		delete(m.held, s)
		switch {
		case !wanted:
		case size+len(json) > maxPastBytes:
			dropped++
		default:
			size += len(json)
			m.pasts = append(m.pasts, past{s.ID, json})
		}
	}
	return dropped
}

// wanted returns the subscriptions; they must not be changed.
func (m *mailbox) wanted() []subscription {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.subs
}

// close makes the writer say good-bye and end.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) ring() {
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := mail{m.subsLocked(false), m.fresh, m.round, m.pasts, m.states, m.notes, m.closed}
	m.fresh, m.round, m.pasts, m.states, m.notes = false, nil, nil, [stateCount][]byte{}, nil
	return out
}

// subsLocked returns the subscriptions whose data are held, or those whose are not.
func (m *mailbox) subsLocked(held bool) []subscription {
	var found []subscription
	for _, s := range m.subs {
		if m.held[s] == held {
			found = append(found, s)
		}
	}
	return found
}
