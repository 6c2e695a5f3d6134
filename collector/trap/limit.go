package trap

import (
	"net/netip"
	"time"
)

// bucket holds tokens: rate come in by second, up to burst.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b *bucket) take(now time.Time, rate float64, burst int) bool {
	b.tokens = min(float64(burst), b.tokens+rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// maxSources bounds the buckets; those who come when all are in use share one.
const maxSources = 10_000

// sources has a bucket for each source. The reader alone uses it.
type sources struct {
	rate   float64
	burst  int
	by     map[netip.Addr]*bucket
	others bucket
	swept  time.Time
}

func newSources(c Config) *sources {
	return &sources{rate: c.Rate, burst: c.Burst, by: map[netip.Addr]*bucket{}}
}

func (s *sources) admit(from netip.Addr, now time.Time) bool {
	b := s.by[from]
	if b == nil && len(s.by) >= maxSources {
		s.sweep(now)
	}
	switch {
	case b == nil && len(s.by) >= maxSources:
		b = &s.others
	case b == nil:
		b = &bucket{tokens: float64(s.burst), at: now}
		s.by[from] = b
	}
	return b.take(now, s.rate, s.burst)
}

// sweep forgets buckets that are full again, once a second at most.
func (s *sources) sweep(now time.Time) {
	if now.Sub(s.swept).Abs() < time.Second {
		return
	}
	s.swept = now
	for from, b := range s.by {
		if b.tokens+s.rate*now.Sub(b.at).Seconds() >= float64(s.burst) {
			delete(s.by, from)
		}
	}
}

const (
	repeatedFor = 5 * time.Minute
	maxRepeated = 20_000
)

// inform identifies one.
type inform struct {
	from netip.AddrPort
	id   uint32
}

// informs remembers which came already, in two generations. The reader alone
// uses it.
type informs struct {
	now, before map[inform]bool
	turned      time.Time
}

// seen notes an inform and reports whether it came before.
func (i *informs) seen(one inform, now time.Time) bool {
	age := now.Sub(i.turned).Abs()
	if age >= 2*repeatedFor {
		i.now = nil
	}
	if i.now == nil || len(i.now) >= maxRepeated || age >= repeatedFor {
		i.before, i.now, i.turned = i.now, map[inform]bool{}, now
	}
	if i.now[one] || i.before[one] {
		return true
	}
	i.now[one] = true
	return false
}
