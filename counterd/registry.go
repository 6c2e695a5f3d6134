package counterd

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"
)

// maxCollisions bounds the list of collisions that is kept for people.
const maxCollisions = 100

// family is the owner of metric names: the raw name and type that came first.
type family struct {
	raw    string
	kind   kind // okCount stands for noCount as well
	names  []string
	series int
}

// collision is a raw name that comes out as another's metric name.
type collision struct {
	name, owner, refused string
	count                atomic.Uint64
}

// registry knows every series. Readers come here with a name that they do not
// know yet. Lock order: a shard's lock before the registry's.
type registry struct {
	max int

	mu         sync.Mutex
	series     map[uint64]*series // by hash of the labels
	count      int
	families   map[string]*family // by metric name, and by those a timing brings
	collisions []*collision
	fresh      []*series // since the ticker last looked
}

func newRegistry(limit int) *registry {
	return &registry{max: limit, series: map[uint64]*series{}, families: map[string]*family{}}
}

// bind gives sl its series, made if need be. On a collision it returns what
// collided.
func (r *registry) bind(sl *slot, raw, tags []byte) (reason, *collision) {
	name := metricName(sl.kind, raw)
	lbls, why := labelSet(sl.kind, name, tags)
	if why != good {
		return why, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	fam, clash := r.claim(sl.kind, name, string(raw))
	if clash != nil {
		return badCollision, clash
	}
	hash := lbls.Hash()
	s := r.series[hash]
	for s != nil && !labels.Equal(s.labels, lbls) {
		s = s.next
	}
	if s == nil {
		if r.count >= r.max {
			r.release(fam)
			return badSeriesLimit, nil
		}
		s = &series{labels: lbls, kind: sl.kind, family: fam, next: r.series[hash]}
		r.series[hash] = s
		r.count++
		fam.series++
		r.fresh = append(r.fresh, s)
	}
	s.slots = append(s.slots, sl)
	sl.series = s
	return good, nil
}

// claim finds or makes the owner of a metric name.
func (r *registry) claim(k kind, name, raw string) (*family, *collision) {
	switch k {
	case okCount, noCount:
		k, raw = okCount, "ok_"+raw
	}
	names := []string{name}
	if isTiming(k) { // what a timing is stored as
		for _, suffix := range [...]string{"_min", "_max", "_sum", "_count", "_stddev"} {
			names = append(names, name+suffix)
		}
	}
	if fam := r.families[name]; fam != nil && fam.raw == raw && fam.kind == k {
		return fam, nil
	}
	for _, n := range names {
		if fam := r.families[n]; fam != nil {
			return nil, r.collide(n, fam.raw, raw)
		}
	}
	fam := &family{raw: raw, kind: k, names: names}
	for _, n := range names {
		r.families[n] = fam
	}
	return fam, nil
}

func (r *registry) collide(name, owner, refused string) *collision {
	for _, c := range r.collisions {
		if c.name == name && c.owner == owner && c.refused == refused {
			return c
		}
	}
	c := &collision{name: name, owner: owner, refused: refused}
	if len(r.collisions) < maxCollisions {
		r.collisions = append(r.collisions, c)
	}
	return c
}

// release frees the names of a family without series.
func (r *registry) release(f *family) {
	if f.series > 0 {
		return
	}
	for _, n := range f.names {
		delete(r.families, n)
	}
}

// takeFresh returns the series made since the last call.
func (r *registry) takeFresh() []*series {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.fresh
	r.fresh = nil
	return f
}

// expire removes an idle series, and reports false when a reader used it after
// all. The ticker calls it.
func (r *registry) expire(s *series) bool {
	r.mu.Lock()
	slots := slices.Clone(s.slots)
	r.mu.Unlock()
	for _, sl := range slots {
		if !sl.shard.forget(sl) {
			return false
		}
		r.mu.Lock()
		s.slots = slices.DeleteFunc(s.slots, func(o *slot) bool { return o == sl })
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(s.slots) > 0 {
		return false
	}
	hash := s.labels.Hash()
	at := r.series[hash]
	if at == s {
		r.series[hash] = s.next
	} else {
		for at.next != s {
			at = at.next
		}
		at.next = s.next
	}
	if r.series[hash] == nil {
		delete(r.series, hash)
	}
	r.count--
	s.family.series--
	r.release(s.family)
	return true
}
