package counterd

import "plimsoll/internal/metric"

// ownLocked gives a new series its metric name: as the owner, or shared.
func (r *registry) ownLocked(rec, owner *record, f ref) {
	if owner != nil {
		owner.sharing++
		r.series.add(hashLabels(rec.labels), uint32(f))
		return
	}
	rec.sharing = 1
	for _, hash := range r.nameHashes(rec) {
		r.owners.add(hash, uint32(f))
	}
}

// nameHashes returns those of all metric names that a series brings.
func (r *registry) nameHashes(rec *record) []uint32 {
	name := rec.labels.Get(metric.NameLabel)
	out := []uint32{r.hashName(name)}
	for _, suffix := range derived(rec.kind) {
		out = append(out, r.hashName(name+suffix))
	}
	return out
}

// expire removes an idle series with all its records, and reports false when a
// reader used it after all. The ticker calls it.
func (r *registry) expire(f ref) bool {
	sh := r.shards[f.shard()]
	r.mu.Lock()
	s := r.at(f)
	r.mu.Unlock()
	if !r.dropAliases(s) {
		return false
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.aliases[s] != 0 || !sh.forgetLocked(f.id()) {
		return false
	}
	r.disownLocked(s, f)
	return true
}

// disownLocked takes a series out of the registry. Its record is free at once,
// unless it owns a name that others still share.
func (r *registry) disownLocked(s *record, f ref) {
	r.limits.leaveLocked(s)
	r.count -= counted(s)
	r.reserved -= 1 - counted(s)
	owner := r.ownerOfLocked(s.labels.Get(metric.NameLabel))
	owner.sharing--
	if owner != s {
		r.series.remove(hashLabels(s.labels), uint32(f))
		r.shards[f.shard()].slab.release(f.id())
	} else {
		s.state |= dormant
	}
	if owner.sharing == 0 && owner.state&dormant != 0 {
		r.freeOwnerLocked(owner)
	}
}

// freeOwnerLocked gives up a metric name that nobody uses any more. The owner's
// shard may be another's than the lock that is held, so its record is put down
// for the shard to take back.
func (r *registry) freeOwnerLocked(owner *record) {
	name := owner.labels.Get(metric.NameLabel)
	id := r.owners.find(r.hashName(name), func(id uint32) bool { return r.at(ref(id)) == owner })
	for _, hash := range r.nameHashes(owner) {
		r.owners.remove(hash, id)
	}
	r.dead = append(r.dead, ref(id))
}

// bury returns the records of owners that died. The ticker calls it.
func (r *registry) bury() {
	r.mu.Lock()
	dead := r.dead
	r.dead = nil
	r.mu.Unlock()
	for _, f := range dead {
		sh := r.shards[f.shard()]
		sh.mu.Lock()
		r.mu.Lock()
		sh.slab.release(f.id())
		r.mu.Unlock()
		sh.mu.Unlock()
	}
}

// counted is 1 for a series that counts against the limit in all.
func counted(s *record) int {
	if s.state&reserve != 0 {
		return 0
	}
	return 1
}
