package counterd

import (
	"bytes"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
)

// What is over a limit is still counted, so that totals stay right: what has
// tags goes to the metric's own series {__other__="true"}; a new name goes to
// the name PREFIX.__other__, and to __other__ when it has no prefix, when there
// are too many such names, or when two prefixes come out the same. No sender can
// write to these: labels that begin with "__" are reserved, and so are metric
// names that hold __other__. A gauge has no total and is refused.
const (
	otherLabel = "__other__"
	otherName  = "__other__"
	// otherTags are the raw tags of an overflow series. No line holds this byte, so
	// none finds its record.
	otherTags = "\x01"
	// maxReserve bounds the overflow series, which no limit counts, but for the
	// last resort: one of each kind.
	maxReserve = 1000
)

func isReserved(name string) bool { return strings.Contains(name, otherName) }

// overflowLocked finds or makes the series that takes the values of a claim that
// is over a limit.
func (r *registry) overflowLocked(sh *shard, c *claim, owner *record) (uint32, line.Reason, *collision) {
	if c.kind == line.Gauge {
		return 0, line.BadSeriesLimit, nil
	}
	o := otherOf(c, owner)
	if id := r.otherLocked(sh, &o, owner); id != 0 {
		return id, line.Good, nil
	}
	last := otherOf(&claim{kind: c.kind}, nil)
	if id := r.otherLocked(sh, &last, nil); id != 0 {
		return id, line.Good, nil
	}
	return 0, line.BadSeriesLimit, nil // no more records are left
}

// otherLocked finds or makes the record of an overflow series. It returns 0 when
// another has the name, or there are too many.
func (r *registry) otherLocked(sh *shard, o *claim, owner *record) uint32 {
	o.hash = sh.hash(o.kind, o.raw, o.tags)
	if id := sh.lookUpLocked(o.hash, o.kind, o.raw, o.tags); id != 0 {
		return id
	}
	if owner == nil {
		if _, owner = r.holderLocked(o); owner != nil && !owner.sameSender(o) {
			return 0
		}
	}
	s := r.findLocked(owner, o.labels)
	if s == nil && r.reserved >= maxReserve && !o.isLastResort() {
		return 0
	}
	id, _, _ := r.enterLocked(sh, o, owner, s)
	return id
}

// isLastResort tells the overflow names without a prefix. Nobody else can have
// their metric names, and of each kind's there is but one.
func (c *claim) isLastResort() bool {
	return c.state&reserve != 0 && bytes.HasPrefix(c.raw, []byte(otherName))
}

// otherOf is the claim of the overflow series of c: beside its owner's, in the
// unit of the line's own rule, if a metric has the name.
func otherOf(c *claim, owner *record) claim {
	o := claim{kind: c.kind, from: c.from, state: reserve, tags: []byte(otherTags)}
	if owner != nil {
		o.raw, o.name, o.state, o.scale = c.raw, c.name, reserve|c.state, c.scale
		plain, _ := line.Labels(o.kind, o.name, nil)
		o.labels = labels.NewBuilder(plain).Set(otherLabel, "true").Labels()
		return o
	}
	if p := prefixOf(c.raw); len(p) > 0 {
		o.raw = append(append(o.raw, p...), '.')
	}
	o.raw = append(append(o.raw, otherName...), otherSuffix(o.kind)...)
	o.name = line.MetricName(o.kind, o.raw)
	o.labels, _ = line.Labels(o.kind, o.name, nil)
	return o
}

// otherSuffix tells the kinds apart whose metric names would be the same.
func otherSuffix(k line.Kind) string {
	switch k {
	case line.Value:
		return "_values"
	case line.Set:
		return "_sets"
	case line.OK, line.Fail:
		return "_results"
	}
	return ""
}
