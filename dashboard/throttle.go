package dashboard

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	loginBurst   = 10              // wrong tokens that a source may present at once
	loginRefill  = 6 * time.Second // after which it may present one more
	loginSources = 10_000          // sources that are remembered
)

// throttle counts wrong tokens per source. A source that presented too many is
// not listened to until some time has passed.
//
// BUG: behind a reverse proxy all clients are one source, the proxy.
type throttle struct {
	mu sync.Mutex // guards failed
	// failed holds, per source, the instant at which all its failures are
	// forgiven: each failure moves it on by loginRefill.
	failed map[netip.Prefix]time.Time
}

func newThrottle() *throttle { return &throttle{failed: map[netip.Prefix]time.Time{}} }

// blocked returns how long source must wait before its token is looked at.
func (t *throttle) blocked(source netip.Prefix, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed[source].Add(-(loginBurst - 1) * loginRefill).Sub(now)
}

// fail counts a wrong token of source.
func (t *throttle) fail(source netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	until := t.failed[source]
	if until.Before(now) {
		until = now
	}
	if _, known := t.failed[source]; !known && len(t.failed) >= loginSources {
		t.forgetLocked(now)
	}
	t.failed[source] = until.Add(loginRefill)
}

// forgetLocked makes room: it drops the sources that are forgiven, and when
// there is none, the one that is forgiven next.
func (t *throttle) forgetLocked(now time.Time) {
	var next netip.Prefix
	for source, until := range t.failed {
		if until.Before(now) {
			delete(t.failed, source)
		} else if !next.IsValid() || until.Before(t.failed[next]) {
			next = source
		}
	}
	if len(t.failed) >= loginSources {
		delete(t.failed, next)
	}
}

// sourceOf returns the network that a peer's address stands for: the address
// itself for IPv4, the /64 that one machine may roam in for IPv6.
func sourceOf(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits) // bits is in range for addr
	return prefix
}
