package remote

import (
	"context"
	"time"
)

// sectionSpan is how far apart in time samples may be that are sent side by side
// to Prometheus, which refuses what is older than its newest by an hour (half of
// the time of a block). After a long outage one lane would be ahead of another by
// more, and cost it its samples. The rest of the hour is for senders that lag.
const sectionSpan = 30 * time.Minute

// sections cuts what waits where it gets too long in time to be sent side by side.
type sections struct {
	span  int64 // ms; 0: it does not matter
	ahead int64 // the newest sample of what was sent before, in ms
}

// next returns how many of the entries go at once. What is behind all that was
// sent anyway cuts nothing: by waiting it would get no younger.
func (s *sections) next(entries []entry) int {
	low, high := int64(0), s.ahead
	for i, e := range entries {
		switch {
		case s.span == 0 || e.At < s.ahead-s.span:
			continue
		case low == 0 || e.At < low:
			low = e.At
		case e.At > low+s.span:
			s.ahead = high
			return i
		}
		high = max(high, e.At)
	}
	s.ahead = high
	return len(entries)
}

// send returns when the engine has answered for good for all entries; the error
// is that of ctx.
func (sn *sender) send(ctx context.Context, entries []entry) error {
	for len(entries) > 0 {
		n := sn.sections.next(entries)
		if err := sn.sendSection(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}
