package listen

import "time"

const (
	// maxRest is how long a reader rests at most while datagrams gather in the
	// socket buffer, and so the latency that resting adds.
	maxRest = 1800 * time.Microsecond
	// leastRest is too short for a rest to be worth its wake-up.
	leastRest = 30 * time.Microsecond
	// fillGoal is how much of the socket buffer a rest may fill.
	fillGoal = 0.25
)

// pacer decides how long a reader rests between reads. Waking for each datagram
// costs many times what counting it costs, so a busy socket is left to gather for
// a moment: so long that its buffer is a quarter full, and maxRest at most.
type pacer struct {
	most time.Duration // the longest rest that this buffer allows
	rest time.Duration
}

// next returns the rest after the socket was read empty. It gave n datagrams, and
// fill (0–1) of its buffer was in use before.
func (p *pacer) next(n int, fill float64) time.Duration {
	if n == 0 {
		p.rest = 0
		return 0
	}
	// At the rate of the last rest the goal is reached after:
	goal := p.most
	if fill > 0 && p.rest > 0 {
		goal = time.Duration(float64(p.rest) * fillGoal / fill)
	}
	p.rest = min(goal, p.most, max(2*p.rest, maxRest/8))
	if p.rest < leastRest {
		p.rest = leastRest
	}
	return p.rest
}
