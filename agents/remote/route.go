package remote

import (
	"sync"
	"time"
)

// route says which receiver is used.
type route struct {
	receivers []*receiver
	failures  int           // in a row, until the next one is used
	probe     time.Duration // between two tries of the first

	mu      sync.Mutex // guards what follows
	current int
	failed  int // in a row
	probed  time.Time
}

// receiver is one of the addresses.
type receiver struct {
	url string
	// What it knows; both are written by the one who holds Sink.sending.
	v1 bool // only version 1.0
	v2 bool // 2.0: it told what it wrote
}

func (r *route) now() *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.receivers[r.current]
}

// worked notes that a request was answered.
func (r *route) worked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = 0
}

// failedOnce notes a failure and says whether it is the next one's turn.
func (r *route) failedOnce(now time.Time) (moved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	if r.failed < r.failures || len(r.receivers) == 1 {
		return false
	}
	r.current, r.failed = (r.current+1)%len(r.receivers), 0
	r.probed = now
	return true
}

// toProbe returns the first receiver when it is time to try it again.
func (r *route) toProbe(now time.Time) *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == 0 || now.Sub(r.probed) < r.probe {
		return nil
	}
	r.probed = now
	return r.receivers[0]
}

// goBack goes back to the first.
func (r *route) goBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current, r.failed = 0, 0
}

// place returns the number of the receiver in use, 0 for the first.
func (r *route) place() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}
