package counterd

// alias is what a record is that is not a series of its own: another spelling of
// the series (tags in another order), or what another shard knows of it. The
// registry keeps those of a series as a list, so that one goes in and out at no
// cost, however many there are.
type alias struct {
	of   *record // the series; it never changes, nor does
	home uint32  // where the series stands, if in the same shard: see within

	next, prev ref // the registry's: of the same series
}

// linkLocked makes a record in sh another one of series s. In the shard of the
// series, lines count in the series' own record: so they keep their order.
func (r *registry) linkLocked(sh *shard, id uint32, s *record) {
	f, rec := makeRef(sh.number, id), sh.slab.at(id)
	a := &alias{of: s, next: r.aliases[s]}
	if shard, home, _ := r.placeLocked(s); shard == sh.number {
		a.home = home
		rec.state |= within
	}
	rec.labels, rec.rich.alias = s.labels, a
	if a.next != 0 {
		r.at(a.next).rich.alias.prev = f
	}
	r.aliases[s] = f
}

func (r *registry) unlinkLocked(a *alias) {
	if a.next != 0 {
		r.at(a.next).rich.alias.prev = a.prev
	}
	switch {
	case a.prev != 0:
		r.at(a.prev).rich.alias.next = a.next
	case a.next != 0:
		r.aliases[a.of] = a.next
	default:
		delete(r.aliases, a.of)
	}
}

// dropAliasLocked takes an alias away, and reports false when a reader used it
// since the last swap. The caller holds the locks of its shard and the registry.
func (r *registry) dropAliasLocked(sh *shard, id uint32) bool {
	if !sh.forgetLocked(id) {
		return false
	}
	r.unlinkLocked(sh.slab.at(id).rich.alias)
	sh.slab.release(id)
	return true
}

// atOnce bounds the records that are gone through under one lock: readers with
// new names wait for it.
const atOnce = 500

// dropAliases takes away those of a series, and reports false when a reader used
// one of them.
func (r *registry) dropAliases(s *record) bool {
	for {
		r.mu.Lock()
		head := r.aliases[s]
		r.mu.Unlock()
		if head == 0 {
			return true
		}
		if !r.dropSome(s, r.shards[head.shard()]) {
			return false
		}
	}
}

// dropSome takes those away that the list begins with, as far as they are in sh.
func (r *registry) dropSome(s *record, sh *shard) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for range atOnce {
		f := r.aliases[s]
		if f == 0 || f.shard() != sh.number {
			break
		}
		if !r.dropAliasLocked(sh, f.id()) {
			return false
		}
	}
	return true
}

// expireAliases takes away the idle ones of series that live on.
func (r *registry) expireAliases(idle func(*record) bool) {
	for _, sh := range r.shards {
		for next := uint32(1); next != 0; {
			next = r.expireSome(sh, next, idle)
		}
	}
}

// expireSome looks at the records from id on, and returns where to go on; 0 at
// the end.
func (r *registry) expireSome(sh *shard, id uint32, idle func(*record) bool) uint32 {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.aliases) == 0 {
		return 0
	}
	for end := id + atOnce; id < end; id++ {
		if id >= sh.slab.next {
			return 0
		}
		if rec := sh.slab.at(id); rec.isAlias() && idle(rec) {
			r.dropAliasLocked(sh, id)
		}
	}
	return id
}
