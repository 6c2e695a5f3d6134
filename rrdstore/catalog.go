package rrdstore

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// catalog finds series by their labels, and by those that they are read under.
type catalog struct {
	series   []*series           // by their numbers
	byHash   map[uint64]uint32   // the first with a hash of its key
	clashing map[uint64][]uint32 // the others, where there are any
}

func newCatalog() catalog {
	return catalog{byHash: map[uint64]uint32{}, clashing: map[uint64][]uint32{}}
}

// key is what a series is filed under: all views of a timing with a quantile
// have in common its labels but for that.
func key(sr *series) labels.Labels {
	if sr.isTiming() {
		return withoutQuantile(sr.labels)
	}
	return sr.labels
}

func withoutQuantile(l labels.Labels) labels.Labels {
	if !l.Has(quantileLabel) {
		return l
	}
	return labels.NewBuilder(l).Del(quantileLabel).Labels()
}

// add files a series and returns its number.
func (c *catalog) add(sr *series) uint32 {
	id := uint32(len(c.series))
	c.series = append(c.series, sr)
	h := key(sr).Hash()
	if _, is := c.byHash[h]; is {
		c.clashing[h] = append(c.clashing[h], id)
	} else {
		c.byHash[h] = id
	}
	return id
}

// lookup returns the series with labels l, nil if there is none.
func (c *catalog) lookup(l labels.Labels) *series {
	with := func(sr *series) bool { return labels.Equal(sr.labels, l) }
	sr := c.filed(l, with)
	if sr == nil && l.Has(quantileLabel) {
		sr = c.filed(withoutQuantile(l), with)
	}
	return sr
}

// filed returns the series filed under l for which is holds.
func (c *catalog) filed(l labels.Labels, is func(*series) bool) *series {
	h := l.Hash()
	id, there := c.byHash[h]
	if !there {
		return nil
	}
	if is(c.series[id]) {
		return c.series[id]
	}
	for _, id := range c.clashing[h] {
		if is(c.series[id]) {
			return c.series[id]
		}
	}
	return nil
}

// taken tells whether a series is read under the labels l.
func (c *catalog) taken(l labels.Labels) bool {
	if sr := c.lookup(l); sr != nil && !sr.isTiming() {
		return true
	}
	return c.suffixed(l) || c.quantile(l)
}

// suffixed tells whether l are those of a timing's column without a quantile.
func (c *catalog) suffixed(l labels.Labels) bool {
	name := l.Get(metric.NameLabel)
	for _, suffix := range suffixes {
		base, is := strings.CutSuffix(name, suffix)
		if !is {
			continue
		}
		sr := c.lookup(labels.NewBuilder(l).Set(metric.NameLabel, base).Labels())
		return sr != nil && sr.isTiming()
	}
	return false
}

// quantile tells whether l are those of a timing's column with one.
func (c *catalog) quantile(l labels.Labels) bool {
	if !slices.Contains(quantileNames[:], l.Get(quantileLabel)) {
		return false
	}
	l = withoutQuantile(l)
	return nil != c.filed(l, func(sr *series) bool { return sr.isTiming() && labels.Equal(key(sr), l) })
}
