package state

import "time"

// Phase is where an alert stands.
type Phase uint8

// The phases.
const (
	OK    Phase = iota
	Soft        // bad, not yet confirmed
	Hard        // bad and confirmed: people were told
	Stale       // was Hard, and nothing can be seen of it any more
)

// Verdict is what one look found.
type Verdict uint8

// The verdicts.
const (
	Good    Verdict = iota
	Bad             // past the level that raises the alert
	Held            // present, between the clear level and the level that raises
	Missing         // nothing there to judge
)

// Change says what a step did.
type Change uint8

// The changes. Problem tells people, Recovery and Ended tell those who were
// told; all others are silent.
const (
	None         Change = iota
	SoftProblem         // OK → Soft
	Problem             // OK or Soft → Hard
	SoftRecovery        // Soft → OK
	Recovery            // Hard or Stale → OK, on good evidence
	Lost                // Hard → Stale
	Found               // Stale → Hard
	Ended               // Stale → OK, for nothing was seen for too long
)

// Policy is how an alert wants to be believed.
type Policy struct {
	// MaxAttempts bad results in a row make an alert hard; at least 1.
	MaxAttempts int
	// For is how long an alert must be bad to become hard.
	For time.Duration
	// KeepFiring is how long an alert must be good to recover from hard.
	KeepFiring time.Duration
	// NoData looks in a row that see nothing end a hard alert. Looks and not
	// time: neither a step of the clock nor a pause of the service is absence.
	NoData int
	// FlapLow and FlapHigh are the percentages of change at which flapping ends
	// and starts; FlapHigh 0: it is not looked for.
	FlapLow, FlapHigh float64
	// FlapEvery is how often a state that stays as it is counts for flapping; 0:
	// at each look.
	FlapEvery time.Duration
}

// State is what an alert must remember between two looks. The zero State is an
// alert that was never bad.
type State struct {
	Phase   Phase `json:"phase"`
	Attempt int   `json:"attempt,omitempty"` // bad results in a row, up to MaxAttempts
	// Since is when the present phase's severity began: soft and hard count as
	// one. The others are zero while they do not apply.
	Since     time.Time `json:"since,omitzero"`
	GoodSince time.Time `json:"good_since,omitzero"` // hard, and good meanwhile
	BadSince  time.Time `json:"bad_since,omitzero"`  // the begin of the trouble
	// Missed counts the looks in a row that saw nothing; stale.
	Missed int `json:"missed,omitempty"`
	// BlindUntil is set when the clock was set back: the store holds samples up
	// to there and takes none before, so that until then absence means nothing.
	BlindUntil time.Time `json:"blind_until,omitzero"`
	Flaps
}

// Blind reports whether absence means nothing at an instant.
func (s State) Blind(at time.Time) bool { return at.Before(s.BlindUntil) }

// Bad reports whether s is anything but well.
func (s State) Bad() bool { return s.Phase != OK }

// Firing reports whether people are, or should be, told of s.
func (s State) Firing() bool { return s.Phase == Hard || s.Phase == Stale }

// Believe makes a soft state hard before its time: nothing is left to be tried.
func Believe(s State) State {
	if s.Phase == Soft {
		s.Phase = Hard
	}
	return s
}

// Next returns the state after verdict v at an instant. The instant may lie
// before those remembered in s, after a step of the clock: a wait then begins
// anew instead of lasting as long as the step. Flapping is judged by Flap, after
// it.
func Next(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	next, c := follow(p, s, v, at)
	next.Flaps = s.Flaps
	return next, c
}

func follow(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	if !s.Blind(at) {
		s.BlindUntil = time.Time{}
	} else if v == Missing && s.Firing() {
		return s, None
	}
	switch s.Phase {
	case Soft:
		return fromSoft(p, s, v, at)
	case Hard:
		return fromHard(p, s, v, at)
	case Stale:
		return fromStale(p, s, v, at)
	}
	return fromOK(p, s, v, at)
}

func fromOK(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	if v != Bad {
		if s.Since.IsZero() {
			s.Since = at
		}
		return s, None
	}
	soft := State{Phase: Soft, Attempt: 1, Since: at, BadSince: at}
	if believed(p, soft, at) {
		soft.Phase = Hard
		return soft, Problem
	}
	return soft, SoftProblem
}

func fromSoft(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	if v != Bad {
		return State{Since: at}, SoftRecovery
	}
	s.BadSince = earlier(s.BadSince, at)
	s.Attempt = min(s.Attempt+1, p.MaxAttempts)
	if !believed(p, s, at) {
		return s, None
	}
	s.Phase = Hard
	return s, Problem
}

func believed(p Policy, s State, at time.Time) bool {
	return s.Attempt >= p.MaxAttempts && at.Sub(s.BadSince) >= p.For
}

func fromHard(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	switch v {
	case Good:
		if s.GoodSince.IsZero() {
			s.GoodSince = at
		}
		s.GoodSince = earlier(s.GoodSince, at)
		if at.Sub(s.GoodSince) >= p.KeepFiring {
			return State{Since: at}, Recovery
		}
		return s, None
	case Missing:
		if p.NoData <= 1 {
			return State{Since: at}, Ended
		}
		s.Phase, s.Since, s.Missed, s.GoodSince = Stale, at, 1, time.Time{}
		return s, Lost
	}
	s.GoodSince = time.Time{}
	return s, None
}

func fromStale(p Policy, s State, v Verdict, at time.Time) (State, Change) {
	switch v {
	case Bad, Held:
		s.Phase, s.Since, s.Missed = Hard, at, 0
		return s, Found
	case Missing:
		if s.Missed++; s.Missed >= p.NoData {
			return State{Since: at}, Ended
		}
		return s, None
	}
	if p.KeepFiring > 0 { // good must last here too
		s.Phase, s.Since, s.Missed, s.GoodSince = Hard, at, 0, at
		return s, Found
	}
	return State{Since: at}, Recovery
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
