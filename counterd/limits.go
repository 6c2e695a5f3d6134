package counterd

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
)

// limits knows who made how many series, and who is over a limit. The
// registry's lock guards it.
//
// BUG: series that a restart brought back are on the account of their prefix, and
// count in all, but are on nobody's as the source: the spool does not tell who
// sent them.
type limits struct {
	total    int
	sources  *ledger[netip.Addr]
	prefixes *ledger[string]
}

func newLimits(c Config) limits {
	return limits{
		total:    c.MaxSeries,
		sources:  newLedger[netip.Addr](c.MaxSeriesPerSource),
		prefixes: newLedger[string](c.MaxSeriesPerPrefix),
	}
}

// prefixOf returns the first component of a dotted name, nothing when the name
// has but one.
func prefixOf(raw []byte) []byte {
	if i := bytes.IndexByte(raw, '.'); i > 0 {
		return raw[:i]
	}
	return nil
}

// overLocked tells whether one more series is over a limit, and counts the line
// against its source and prefix if so.
func (l *limits) overLocked(c *claim, count int) bool {
	prefix := string(prefixOf(c.raw))
	if count < l.total && l.sources.hasRoom(c.from) && (prefix == "" || l.prefixes.hasRoom(prefix)) {
		return false
	}
	l.sources.offend(c.from)
	if prefix != "" {
		l.prefixes.offend(prefix)
	}
	return true
}

// enterLocked counts a new series; overflow series count for nobody.
func (l *limits) enterLocked(rec *record, c *claim) {
	if rec.state&reserve != 0 {
		return
	}
	if !c.restored {
		rec.source = l.sources.enter(c.from)
	}
	if p := prefixOf(c.raw); len(p) > 0 {
		l.prefixes.enter(string(p))
	}
}

// leaveLocked discounts a series that ended.
func (l *limits) leaveLocked(rec *record) {
	if rec.state&reserve != 0 {
		return
	}
	if rec.source != nobody {
		l.sources.leave(l.sources.byID[rec.source])
	}
	if a := l.prefixes.accounts[string(prefixOf([]byte(rec.raw())))]; a != nil {
		l.prefixes.leave(a)
	}
}

// shownOffenders is how many are listed for people.
const shownOffenders = 20

// offenders lists those who were over a limit, the worst first.
func (r *registry) offenders() []Offender {
	out := offendersOf(r, r.limits.sources, "source", sourceName)
	out = append(out, offendersOf(r, r.limits.prefixes, "prefix", func(p string) string { return p })...)
	slices.SortStableFunc(out, func(a, b Offender) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), shownOffenders)]
}

// offendersOf goes through a ledger in parts: readers with new names wait for one
// of them at most.
func offendersOf[K comparable](r *registry, l *ledger[K], kind string, name func(K) string) (out []Offender) {
	part := make([]account[K], 0, atOnce)
	for from, more := 0, true; more; from += atOnce {
		part, more = l.offendersFrom(&r.mu, from, part[:0])
		for _, a := range part {
			out = append(out, Offender{Kind: kind, Name: name(a.key), Series: a.series, Lines: a.over})
		}
	}
	return out
}

// sourceName is how a sender without an address is called.
func sourceName(a netip.Addr) string {
	if !a.IsValid() {
		return "local"
	}
	return a.Unmap().String()
}
