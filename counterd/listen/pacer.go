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
	// plainSend is how long one sender takes for one datagram, and smallDatagram
	// how much of a socket buffer that takes. Only GSO senders are faster.
	plainSend     = 2500 * time.Nanosecond
	smallDatagram = 832
)

// pacer decides how long a reader rests between reads. Waking for each datagram
// costs many times what counting it costs, so a busy socket is left to gather for
// a moment: so long that at the present rate a quarter of its buffer is used, and
// never so long that a sender who begins of a sudden fills more than half of it.
type pacer struct {
	most time.Duration
	rest time.Duration
}

// newPacer takes the size of the socket buffer as the kernel counts it.
func newPacer(buffer int) pacer {
	half := time.Duration(buffer/smallDatagram/2) * plainSend
	most := max(leastRest, min(maxRest, half))
	return pacer{most: most, rest: most}
}

// next returns the rest after a round of reads, which began when fill (0–1) of the
// buffer was in use: after the last rest, or after a wait, when nobody knows how
// long that took to gather.
func (p *pacer) next(fill float64, rested bool) time.Duration {
	if !rested {
		return p.rest
	}
	goal := p.most
	if fill > 0 {
		goal = time.Duration(float64(p.rest) * fillGoal / fill)
	}
	p.rest = max(leastRest, min(goal, p.most, 2*p.rest))
	return p.rest
}
