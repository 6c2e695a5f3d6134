package counterd

import (
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
)

// What is over a limit is still counted, so that totals stay right: what has
// tags goes to the metric's own series {__other__="true"}; a new name goes to
// the name PREFIX.__other__, or __other__ when it has no prefix. No sender can
// write to these: labels that begin with "__" are reserved. A gauge has no
// total and is refused.
const (
	otherLabel = "__other__"
	otherName  = "__other__"
	// otherTags are the raw tags of an overflow series: no line holds this byte.
	otherTags = "\x01"
	// maxReserve bounds the overflow series, which no limit counts.
	maxReserve = 1000
)

// overflowLocked finds or makes the series that takes the values of a claim that
// is over a limit.
func (r *registry) overflowLocked(sh *shard, c *claim, owner *record) (uint32, line.Reason, *collision) {
	if c.kind == line.Gauge {
		return 0, line.BadSeriesLimit, nil
	}
	o := otherOf(c, owner)
	for {
		o.hash = sh.hash(o.kind, o.raw, o.tags)
		if id := sh.lookUpLocked(o.hash, o.kind, o.raw, o.tags); id != 0 {
			return id, line.Good, nil
		}
		if owner == nil {
			var clash *collision
			if owner, clash = r.ownerLocked(&o); clash != nil {
				return 0, line.BadCollision, clash
			}
		}
		s := r.findLocked(owner, o.labels)
		if s != nil || r.reserved < maxReserve || len(prefixOf(o.raw)) == 0 && len(o.tags) == 0 {
			return r.enterLocked(sh, &o, owner, s)
		}
		owner, o = nil, otherOf(&claim{kind: c.kind, from: c.from}, nil) // the last resort
	}
}

// otherOf is the claim of the overflow series of c.
func otherOf(c *claim, owner *record) claim {
	o := claim{kind: c.kind, from: c.from, state: reserve}
	if owner != nil {
		o.raw, o.tags, o.name, o.state = c.raw, []byte(otherTags), c.name, reserve|c.state
		plain, _ := line.Labels(o.kind, o.name, nil)
		o.labels = labels.NewBuilder(plain).Set(otherLabel, "true").Labels()
		return o
	}
	if p := prefixOf(c.raw); len(p) > 0 {
		o.raw = append(append(o.raw, p...), '.')
	}
	o.raw = append(o.raw, otherName...)
	switch o.kind { // these have no suffix of their own
	case line.Value:
		o.raw = append(o.raw, "_values"...)
	case line.Set:
		o.raw = append(o.raw, "_sets"...)
	}
	o.name = line.MetricName(o.kind, o.raw)
	o.labels, _ = line.Labels(o.kind, o.name, nil)
	return o
}
