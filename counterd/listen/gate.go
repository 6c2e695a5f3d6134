package listen

import (
	"net/netip"
	"time"

	"plimsoll/counterd/line"
)

// gate decides which datagrams may count. Each socket has its own; the verifier is
// that of the address.
type gate struct {
	allow    []netip.Prefix
	verifier *verifier
	signing  bool // the listener has keys
	now      func() time.Time

	last netip.Addr // the last one allowed: mostly the next is from there too
}

// admit sets what d is refused for, or takes its signature line off.
func (g *gate) admit(d *Datagram, now time.Time) {
	switch {
	case d.Refused != line.Good:
	case !g.allowed(d.From.Addr()):
		d.Refused = line.BadSource
	case g.signing || IsSigned(d.Data):
		d.Data, d.Refused = g.verifier.check(d.Data, now)
	}
}

// instant reads the clock where a signature will be held against it.
func (g *gate) instant() time.Time {
	if g.signing {
		return g.now()
	}
	return time.Time{}
}

// allowed reports whether a may send. Without a list everybody may.
func (g *gate) allowed(a netip.Addr) bool {
	if len(g.allow) == 0 || a == g.last && a.IsValid() {
		return true
	}
	for _, p := range g.allow {
		if p.Contains(a) {
			g.last = a
			return true
		}
	}
	return false
}
