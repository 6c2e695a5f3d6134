package collector

import "time"

// flow is the rate of something over the last minute: what came in this minute
// of the clock, and that share of the one before which is not yet past.
type flow struct {
	minute      int64 // since the Unix epoch
	now, before int
}

func (f *flow) add(n int, at time.Time) {
	f.turn(at)
	f.now += n
}

// rate returns how many came each second.
func (f *flow) rate(at time.Time) float64 {
	f.turn(at)
	left := 1 - float64(at.Unix()%60)/60
	return (float64(f.now) + float64(f.before)*left) / 60
}

func (f *flow) turn(at time.Time) {
	switch minute := at.Unix() / 60; minute {
	case f.minute:
	case f.minute + 1:
		f.minute, f.now, f.before = minute, 0, f.now
	default:
		f.minute, f.now, f.before = minute, 0, 0
	}
}
