package counterd

import (
	"bytes"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
)

// What is over a limit is still counted, so that totals stay right: what has
// tags goes to the metric's own series {__other__="true"}; a new name without
// tags goes to the name PREFIX.__other__, and to __other__ when it has no prefix,
// when there are too many such series, or when two come out the same. No sender can
// write to these: labels that begin with "__" are reserved, and so are metric
// names that hold __other__. A gauge has no total and is refused.
const (
	otherLabel = "__other__"
	otherName  = "__other__"
	// otherTags are the raw tags of an overflow series. No line holds this byte, so
	// none finds its record.
	otherTags = "\x01"
	// maxReserve bounds the overflow series, which no limit counts, but for the
	// last resort: one of each kind. New names with tags may take the half of it.
	maxReserve = 1000
)

func isReserved(name string) bool { return strings.Contains(name, otherName) }

// overflowLocked finds or makes the series that takes the values of a claim that
// is over a limit.
func (r *registry) overflowLocked(sh *shard, c *claim, owner *record) (uint32, line.Reason, *collision) {
	if c.kind == line.Gauge {
		return 0, line.BadSeriesLimit, nil
	}
	tries := []claim{otherMetric(c), otherMetric(&claim{kind: c.kind})}
	if owner != nil || len(c.tags) > 0 && r.reserved < maxReserve/2 {
		tries = slices.Insert(tries, 0, otherSeries(c))
	}
	for i := range tries {
		if id := r.otherLocked(sh, &tries[i], owner); id != 0 {
			return id, line.Good, nil
		}
		owner = nil // it is not that of the next
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

// otherSeries is the claim of the series of the same metric for all other tags,
// in the unit of the line's own rule.
func otherSeries(c *claim) claim {
	o := *c
	o.tags, o.state = []byte(otherTags), reserve|c.state
	plain, _ := line.Labels(o.kind, o.name, nil)
	o.labels = labels.NewBuilder(plain).Set(otherLabel, "true").Labels()
	return o
}

// otherMetric is the claim of the metric for all other names with c's prefix.
func otherMetric(c *claim) claim {
	o := claim{kind: c.kind, from: c.from, state: reserve, tags: []byte(otherTags)}
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
