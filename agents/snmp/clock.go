package snmp

import "time"

const (
	tick = 10 * time.Millisecond // of sysUpTime
	// Of the time that passed, so much may a device's clock be off: it is what
	// its stamps follow ours by.
	slew = 1000
	// leash is how far the stamps may be from our own time.
	leash = time.Second
	// slack and slackShare are how far the time that passed by sysUpTime and by
	// our clock may be apart if it is one and the same run of the device.
	slack      = 2 * time.Second
	slackShare = 10
)

// clock turns sysUpTime into instants. Between two answers of one run as much
// time passes as the device says, corrected by a thousandth at most, so that a
// rate is by the device's own time and not by how long answers were under way;
// yet the stamps never leave ours by more than a second.
//
//	device  ──┬────────10.00 s────────┬──     sysUpTime
//	ours    ────┬───────10.31 s──────────┬─   when its answers came
//	stamps  ────┬────────10.01 s───────┬───
type clock struct {
	known bool
	ticks uint32
	at    time.Time // the stamp of ticks
	seen  time.Time // when it came, by our clock
	// run counts how often the device, or what answers for it, began again.
	run int
}

// observe takes a sysUpTime that came at the instant seen, and returns the stamp
// for all that came with it. It wraps after 497 days; then the run goes on.
func (c *clock) observe(ticks uint32, seen time.Time) time.Time {
	passed := time.Duration(ticks-c.ticks) * tick
	if !c.known || !c.continues(passed, seen) {
		c.known, c.run = true, c.run+1
		c.ticks, c.at, c.seen = ticks, seen.Round(0), seen
		return c.at
	}
	wall := seen.Round(0) // the leash follows our clock when that is set
	at := c.at.Add(passed)
	at = at.Add(clamp(wall.Sub(at), passed/slew))
	if off := wall.Sub(at); off.Abs() > leash {
		at = wall.Add(-clamp(off, leash))
	}
	c.ticks, c.at, c.seen = ticks, at, seen
	return at
}

// continues reports whether passed, by the device, fits what passed here.
func (c *clock) continues(passed time.Duration, seen time.Time) bool {
	here := seen.Sub(c.seen)
	off := passed - here
	return off.Abs() <= slack+here.Abs()/slackShare
}

// clamp returns d, but neither more than limit nor less than -limit.
func clamp(d, limit time.Duration) time.Duration { return max(-limit, min(d, limit)) }
