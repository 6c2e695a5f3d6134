package counterd

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
	"plimsoll/counterd/mapping"
	"plimsoll/internal/metric"
)

// maxCollisions bounds the list of collisions that is kept for people.
const maxCollisions = 100

// collision is a raw name that comes out as another's metric name.
type collision struct {
	name, owner, refused string
	count                atomic.Uint64
}

// registry knows every series. Readers come here with a name that they do not
// know yet. Lock order: a shard's lock before the registry's.
type registry struct {
	seed   maphash.Seed
	mapper *mapping.Mapper // nil without rules
	compat []CompatRule
	shards []*shard

	mu         sync.Mutex
	series     index           // by labels; but an untagged series that owns its name is found by the name
	owners     index           // of metric names
	aliases    map[*record]ref // the first of a series
	limits     limits
	count      int   // series that the limits count
	reserved   int   // overflow series
	dead       []ref // owners whose records nobody needs any more
	collisions []*collision
}

func newRegistry(c Config) *registry {
	return &registry{
		seed: maphash.MakeSeed(), mapper: c.Mapper, compat: c.Compat,
		aliases: map[*record]ref{}, limits: newLimits(c),
	}
}

// claim is a name that wants a record in a shard.
type claim struct {
	kind      line.Kind
	raw, tags []byte
	hash      uint32 // in the shard
	from      netip.Addr
	restored  bool // nobody sent it: a daemon before left it

	// what comes of it
	name   string // of the metric
	labels labels.Labels
	state  uint8   // mapped, reserve
	scale  float64 // of a mapping rule; 0 for none
}

// key is what the record is found by in its shard.
func (c *claim) key() string {
	if len(c.tags) == 0 {
		return string(c.raw)
	}
	return string(c.raw) + "|" + string(c.tags)
}

// bind makes the record of a name in sh, whose lock the caller holds, and enters
// it. On a collision it returns what collided.
func (r *registry) bind(sh *shard, c claim) (uint32, line.Reason, *collision) {
	if why := r.name(&c); why != line.Good {
		return 0, why, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	owner, clash := r.ownerLocked(&c)
	if clash != nil {
		return 0, line.BadCollision, clash
	}
	s := r.findLocked(owner, c.labels)
	switch {
	case s != nil:
		return r.enterLocked(sh, &c, owner, s)
	case !r.limits.overLocked(&c, r.count):
		return r.enterLocked(sh, &c, owner, nil)
	}
	return r.overflowLocked(sh, &c, owner)
}

// name finds the metric name and the labels.
func (r *registry) name(c *claim) (why line.Reason) {
	c.name = line.MetricName(c.kind, c.raw)
	c.labels, why = line.Labels(c.kind, c.name, c.tags)
	if r.mapper != nil && why == line.Good {
		why = r.mapName(c)
	}
	if why == line.Good && isReserved(c.name) {
		return line.BadReserved
	}
	return why
}

// mapName does what the first mapping rule says that matches, if any.
func (r *registry) mapName(c *claim) (why line.Reason) {
	m, ok := r.mapper.Map(string(c.raw), c.kind)
	switch {
	case !ok:
		return line.Good
	case m.Drop:
		return line.BadDropped
	}
	c.state |= mapped
	c.name = m.Name
	if m.Scale != 1 {
		c.scale = m.Scale
	}
	c.labels, why = m.Series(c.kind, c.tags)
	return why
}

// ownerLocked returns the series that has the metric name for this raw name and
// type, nil if nobody has it, or what collides.
func (r *registry) ownerLocked(c *claim) (*record, *collision) {
	name, o := r.holderLocked(c)
	if o == nil || name == c.name && o.labels.Get(metric.NameLabel) == c.name && o.sameSender(c) {
		return o, nil
	}
	return nil, r.collideLocked(name, o.spelling(), c)
}

// holderLocked returns the first of the metric names that a claim brings which
// somebody has, and who.
func (r *registry) holderLocked(c *claim) (string, *record) {
	if o := r.ownerOfLocked(c.name); o != nil {
		return c.name, o
	}
	for _, suffix := range derived(c.kind) {
		if o := r.ownerOfLocked(c.name + suffix); o != nil {
			return c.name + suffix, o
		}
	}
	return "", nil
}

// timingSuffixes are what a timing is stored as, besides its quantiles.
var timingSuffixes = [...]string{"_min", "_max", "_sum", "_count", "_stddev"}

// derived returns the suffixes of the other metric names that a kind brings.
func derived(k line.Kind) []string {
	if isTiming(k) {
		return timingSuffixes[:]
	}
	return nil
}

func (r *registry) ownerOfLocked(name string) *record {
	id := r.owners.find(r.hashName(name), func(id uint32) bool {
		o := r.at(ref(id))
		own := o.labels.Get(metric.NameLabel)
		if own == name {
			return true
		}
		suffix, ok := strings.CutPrefix(name, own)
		return ok && slices.Contains(derived(o.kind), suffix)
	})
	if id == 0 {
		return nil
	}
	return r.at(ref(id))
}

func (r *registry) at(f ref) *record { return r.shards[f.shard()].slab.at(f.id()) }

func (r *registry) hashName(name string) uint32 {
	h := maphash.String(r.seed, name)
	return uint32(h ^ h>>32)
}

// sameSender tells whether a claim is for the name that o stands for: the same
// raw name and type, or a mapping rule, which may bring many raw names together.
func (o *record) sameSender(c *claim) bool {
	if family(o.kind) != family(c.kind) || o.state&mapped != c.state&mapped {
		return false
	}
	return o.state&mapped != 0 || o.raw() == string(c.raw)
}

// family makes yes and no one type.
func family(k line.Kind) line.Kind {
	if k == line.Fail {
		return line.OK
	}
	return k
}

func (r *registry) collideLocked(name, owner string, c *claim) *collision {
	refused := (&record{key: string(c.raw), kind: c.kind}).spelling()
	for _, k := range r.collisions {
		if k.name == name && k.owner == owner && k.refused == refused {
			return k
		}
	}
	k := &collision{name: name, owner: owner, refused: refused}
	if len(r.collisions) < maxCollisions {
		r.collisions = append(r.collisions, k)
	}
	return k
}

// findLocked returns the series with these labels, or nil. One without tags that
// owns its name is found by the name alone.
func (r *registry) findLocked(owner *record, l labels.Labels) *record {
	if owner == nil {
		return nil
	}
	if owner.state&dormant == 0 && labels.Equal(owner.labels, l) {
		return owner
	}
	id := r.series.find(hashLabels(l), func(id uint32) bool { return labels.Equal(r.at(ref(id)).labels, l) })
	if id == 0 {
		return nil
	}
	return r.at(ref(id))
}

func hashLabels(l labels.Labels) uint32 {
	h := l.Hash()
	return uint32(h ^ h>>32)
}

// insteadLocked lets a line count into the series itself, where that is in sh,
// when there are too many records for one more.
func (r *registry) insteadLocked(sh *shard, c *claim, s *record) (uint32, line.Reason, *collision) {
	if shard, id, _ := r.placeLocked(s); shard == sh.number && s.scale() == c.scale {
		return id, line.Good, nil
	}
	return 0, line.BadSeriesLimit, nil
}

// enterLocked makes the record: of a new series, or another one of series s.
func (r *registry) enterLocked(sh *shard, c *claim, owner, s *record) (uint32, line.Reason, *collision) {
	if s != nil && !c.isLastResort() && sh.slab.inUse >= 2*r.limits.total+maxReserve {
		return r.insteadLocked(sh, c, s) // of yet another spelling
	}
	if sh.slab.full() {
		return 0, line.BadSeriesLimit, nil
	}
	id, rec := sh.slab.make()
	*rec = record{key: c.key(), kind: c.kind, state: c.state}
	if needsRich(c.kind) || c.scale != 0 || s != nil {
		rec.rich = &rich{scale: c.scale}
	}
	if s != nil {
		r.linkLocked(sh, id, s)
	} else {
		rec.labels = c.labels
		r.ownLocked(rec, owner, makeRef(sh.number, id))
		r.limits.enterLocked(rec, c)
		r.count += counted(rec)
		r.reserved += 1 - counted(rec)
		rec.addCompat(r.compat)
		sh.fresh = append(sh.fresh, id)
	}
	sh.enterLocked(c.hash, id)
	return id, line.Good, nil
}
