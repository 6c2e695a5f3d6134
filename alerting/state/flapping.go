package state

import (
	"slices"
	"strings"
	"time"
)

// Level is how bad a result is, in the numbers of Nagios' plugins.
type Level uint8

// The levels.
const (
	LevelOK Level = iota
	LevelWarning
	LevelCritical
	LevelUnknown
)

// ringSize is how many results flapping is judged by (MAX_STATE_HISTORY_ENTRIES).
const ringSize = 21

// Flaps is what an alert remembers to know whether it flaps. Flapping is a
// label: it changes no phase and keeps nobody from being told.
//
//	ring   0000000000000 0 2 2 0 0 2 2     21 hard states, the oldest first
//	                      ▲   ▲   ▲        a change weighs 0.75, the oldest,
//	                                       to 1.25, the newest; percent = Σ/20
//
// It starts at FlapHigh percent and ends at FlapLow; between them it stays.
type Flaps struct {
	Flapping bool `json:"flapping,omitempty"`
	// Ring holds a digit for each recorded level, the oldest first, without the
	// zeros before the first that is another: empty when all of them were well.
	Ring string `json:"ring,omitempty"`
	// RingAt is when the newest digit was written, if FlapEvery asks for it.
	RingAt time.Time `json:"ring_at,omitzero"`
}

// Flap returns s, which Next has just returned, with its level recorded.
//
// As in Nagios (base/flapping.c) a soft problem is not recorded, a soft recovery
// and every hard state are. An alert with FlapEvery records what Nagios does for
// hosts: each change at once, and what stays as it is once in FlapEvery. Absence
// is no evidence: of a stale alert nothing is recorded.
func Flap(p Policy, s State, l Level, at time.Time) State {
	if p.FlapHigh == 0 {
		s.Flaps = Flaps{}
		return s
	}
	if s.Phase == OK {
		l = LevelOK
	}
	if s.Phase == Soft || s.Phase == Stale || !s.due(p.FlapEvery, l, at) {
		return s
	}
	ring := s.ring()
	ring = append(ring[1:], '0'+byte(min(l, LevelUnknown)))
	text := strings.TrimLeft(string(ring), "0")
	if p.FlapEvery > 0 && text != s.Ring {
		s.RingAt = at
	}
	if s.Ring = text; text == "" {
		s.RingAt = time.Time{}
	}
	switch percent := s.Percent(); {
	case percent >= p.FlapHigh:
		s.Flapping = true
	case percent <= p.FlapLow:
		s.Flapping = false
	}
	return s
}

// due reports whether a level is to be recorded. After a clock was set back
// the wait begins anew.
func (f Flaps) due(every time.Duration, l Level, at time.Time) bool {
	ring := f.ring()
	changed := ring[ringSize-1] != '0'+byte(l)
	return changed || at.Sub(f.RingAt).Abs() >= every
}

// ring is the ring with all its digits.
func (f Flaps) ring() []byte {
	text := f.Ring[max(0, len(f.Ring)-ringSize):]
	return append(slices.Repeat([]byte("0"), ringSize-len(text)), text...)
}

// Same reports whether s is o but for what looks that change nothing push along
// in the ring. That need not survive a crash: an alert then counts as flapping
// for a few looks longer.
func (s State) Same(o State) bool {
	o.Ring, o.RingAt = s.Ring, s.RingAt
	return s == o
}

// Last is the level that was recorded last.
func (f Flaps) Last() Level { return Level(f.ring()[ringSize-1] - '0') }

// Percent is how much of the ring are changes, 0–100, the newer ones weighing
// more.
func (f Flaps) Percent() float64 {
	ring := f.ring()
	changes := 0.0
	for i := 1; i < ringSize; i++ {
		if ring[i] != ring[i-1] {
			changes += 0.75 + float64(i-1)*0.5/(ringSize-2)
		}
	}
	return changes * 100 / (ringSize - 1)
}
