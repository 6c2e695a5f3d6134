package dashboard

import "sync"

// mailbox is what waits for one client: at most one round, the newest, and the
// newest frame of each state. Whoever puts something in never waits.
type mailbox struct {
	mu     sync.Mutex // guards all below but ready
	subs   []subscription
	fresh  bool // the client has subscribed since the last mail
	round  *round
	states [stateCount][]byte
	notes  [][]byte // answers to what the client sent; bounded by maxNotes
	closed bool

	// ready holds one token when there is something to take. It is never
	// closed: a closed mailbox is ready, and says so in its mail.
	ready chan struct{}
}

// maxNotes bounds the answers that wait for a client that sends nonsense.
const maxNotes = 2 * maxSubscriptions

// mail is what a client's writer takes at once.
type mail struct {
	subs   []subscription
	fresh  bool
	round  *round
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

// want replaces the subscriptions; last is the round that is known already.
func (m *mailbox) want(subs []subscription, last *round) {
	m.mu.Lock()
	m.subs, m.fresh, m.round = subs, true, last
	m.mu.Unlock()
	m.ring()
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
	out := mail{m.subs, m.fresh, m.round, m.states, m.notes, m.closed}
	m.fresh, m.round, m.states, m.notes = false, nil, [stateCount][]byte{}, nil
	return out
}
