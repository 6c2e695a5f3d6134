package count

// forget drops the pages that had no request for long, so that there is room for
// others. One that comes back begins again at zero, with a Start of its own.
func (t *Table) forget() {
	old := func(p *page) bool {
		for _, i := range t.open {
			if i.cells[p] != nil {
				return false
			}
		}
		newest := p.bytes.Counted
		for _, ta := range p.requests {
			newest = max(newest, ta.Counted)
		}
		return t.closed-newest > Forget.Milliseconds()
	}
	kept := t.pages[:0]
	for _, p := range t.pages {
		if old(p) {
			p.vhost.drop(t, p)
			continue
		}
		p.number = len(kept)
		kept = append(kept, p)
	}
	clear(t.pages[len(kept):])
	t.pages = kept
}

// drop forgets a page, and what has no other.
func (v *vhost) drop(t *Table, p *page) {
	delete(v.pages, p.class)
	clear(v.paths)
	if len(v.pages) > 0 {
		return
	}
	for name, other := range v.server.vhosts {
		if other == v {
			delete(v.server.vhosts, name)
		}
	}
	if len(v.server.vhosts) == 0 {
		delete(t.servers, v.server.name)
	}
}
