package snmp

// narrow turns a counter of 32 bits into a running total. The total begins at
// zero with the first value, or with the first after a time of which nothing is
// known; that instant is its start.
type narrow struct {
	known bool
	raw   uint32
	at    int64 // of raw, in ms
	sign  sign
	total uint64
	start int64
}

// sign is what must not change for two values to belong together.
type sign struct {
	run           int     // of the clock; 0: the device does not tell its time
	discontinuity float64 // ifCounterDiscontinuityTime
}

const (
	wrap = 1 << 32
	// tolerance is by how much a line may seem to be faster than it is.
	tolerance = 1.1
)

// advance takes the next value and returns the total and where it began. fastest
// is what can be counted in a second; 0: not known.
func (n *narrow) advance(raw uint32, at int64, s sign, fastest float64) (total uint64, start int64) {
	if at > n.at || !n.known {
		if n.known && s == n.sign && n.plausible(raw, at, fastest) {
			n.total += uint64(raw - n.raw) // of 32 bits: right over a wrap too
		} else {
			n.total, n.start = 0, at
		}
		n.known, n.raw, n.at, n.sign = true, raw, at, s
	}
	return n.total, n.start
}

// plausible reports whether raw can be what the counter grew to. Where a whole
// round fits into the time, nothing is known. A fall is a wrap if no more was
// counted than the line can carry or, where its speed is not known, less than half
// a round; where the device does not tell its time it may as well have begun again.
func (n *narrow) plausible(raw uint32, at int64, fastest float64) bool {
	most := fastest * tolerance * float64(at-n.at) / 1000
	fell := raw < n.raw
	switch {
	case most >= wrap, fell && n.sign.run == 0:
		return false
	case fell && fastest > 0:
		return float64(raw-n.raw) <= most+1
	case fell:
		return raw-n.raw < wrap/2
	}
	return true // however fast: the speed that a virtual interface tells is invented
}
