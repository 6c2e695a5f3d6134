package counterd

import (
	"bytes"
	"cmp"
	"maps"
	"net/netip"
	"slices"
)

// maxOffenders bounds the accounts of those who have no series but are over a
// limit.
const maxOffenders = 1000

// limits knows who made how many series, and who is over a limit. The
// registry's lock guards it.
type limits struct {
	total, perSource, perPrefix int

	sources  map[netip.Addr]*account
	prefixes map[string]*account
	bySource []*account // by account.id
	freeIDs  []uint32
	over     int // accounts without series
}

// account is one source or prefix.
type account struct {
	id     uint32 // of a source
	source netip.Addr
	series int
	over   uint64 // lines that were over a limit
}

func newLimits(c Config) limits {
	return limits{
		total: c.MaxSeries, perSource: c.MaxSeriesPerSource, perPrefix: c.MaxSeriesPerPrefix,
		sources: map[netip.Addr]*account{}, prefixes: map[string]*account{},
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
	source, prefix := l.sources[c.from], l.prefixes[string(prefixOf(c.raw))]
	if count < l.total && (source == nil || source.series < l.perSource) && (prefix == nil || prefix.series < l.perPrefix) {
		return false
	}
	if source == nil && l.over < maxOffenders {
		source = l.openSource(c.from)
		l.over++
	}
	if source != nil {
		source.over++
	}
	if prefix == nil && l.over < maxOffenders && len(prefixOf(c.raw)) > 0 {
		prefix = &account{}
		l.prefixes[string(prefixOf(c.raw))] = prefix
		l.over++
	}
	if prefix != nil {
		prefix.over++
	}
	return true
}

func (l *limits) openSource(from netip.Addr) *account {
	a := &account{source: from, id: uint32(len(l.bySource))}
	if n := len(l.freeIDs); n > 0 {
		a.id = l.freeIDs[n-1]
		l.freeIDs = l.freeIDs[:n-1]
		l.bySource[a.id] = a
	} else {
		l.bySource = append(l.bySource, a)
	}
	l.sources[from] = a
	return a
}

// enterLocked counts a new series; overflow series count for nobody.
func (l *limits) enterLocked(rec *record, c *claim) {
	if rec.state&reserve != 0 {
		return
	}
	source := l.sources[c.from]
	if source == nil {
		source = l.openSource(c.from)
	}
	rec.source = source.id
	source.series++
	p := prefixOf(c.raw)
	if len(p) == 0 {
		return
	}
	prefix := l.prefixes[string(p)]
	if prefix == nil {
		prefix = &account{}
		l.prefixes[string(p)] = prefix
	}
	prefix.series++
}

// leaveLocked discounts a series that ended. Accounts of offenders stay, as long
// as there is room, for people to see.
func (l *limits) leaveLocked(rec *record) {
	if rec.state&reserve != 0 {
		return
	}
	source := l.bySource[rec.source]
	source.series--
	if source.series == 0 && source.over == 0 {
		delete(l.sources, source.source)
		l.freeIDs = append(l.freeIDs, source.id)
	}
	p := string(prefixOf([]byte(rec.raw())))
	if prefix := l.prefixes[p]; prefix != nil {
		if prefix.series--; prefix.series == 0 && prefix.over == 0 {
			delete(l.prefixes, p)
		}
	}
}

// shownOffenders is how many are listed for people.
const shownOffenders = 20

// offenders lists those who were over a limit, the worst first.
func (l *limits) offenders() []Offender {
	var out []Offender
	for addr, a := range l.sources {
		if a.over > 0 {
			out = append(out, Offender{Kind: "source", Name: sourceName(addr), Series: a.series, Lines: a.over})
		}
	}
	for _, p := range slices.Sorted(maps.Keys(l.prefixes)) {
		if a := l.prefixes[p]; a.over > 0 {
			out = append(out, Offender{Kind: "prefix", Name: p, Series: a.series, Lines: a.over})
		}
	}
	slices.SortStableFunc(out, func(a, b Offender) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), shownOffenders)]
}

// sourceName is how a sender without an address is called.
func sourceName(a netip.Addr) string {
	if !a.IsValid() {
		return "local"
	}
	return a.Unmap().String()
}
