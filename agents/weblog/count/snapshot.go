package count

import (
	"fmt"

	"plimsoll/internal/sketch"
)

// Snapshot is all that a Table holds, as JSON has it.
type Snapshot struct {
	Step   int64        `json:"step"`   // ms
	Closed int64        `json:"closed"` // ms
	Pages  []savedPage  `json:"pages"`
	Open   []savedCells `json:"open"`
}

type savedPage struct {
	Server   string       `json:"server"`
	VHost    string       `json:"vhost"`
	Class    string       `json:"class"`
	Requests []savedTally `json:"requests"`
	Bytes    tally        `json:"bytes"`
}

type savedTally struct {
	Code   string `json:"code"`
	Method string `json:"method"`
	tally
}

type savedCells struct {
	End   int64       `json:"end"` // ms
	Cells []savedCell `json:"cells"`
}

type savedCell struct {
	Page     int          `json:"page"` // in Snapshot.Pages
	Requests []savedTally `json:"requests"`
	Bytes    *int64       `json:"bytes,omitempty"`
	Took     []byte       `json:"took,omitempty"`
	Upstream []byte       `json:"upstream,omitempty"`
}

// Snapshot returns what the table holds.
func (t *Table) Snapshot() (Snapshot, error) {
	s := Snapshot{Step: t.step, Closed: t.closed}
	for _, p := range t.pages {
		one := savedPage{Server: p.vhost.server.name, VHost: p.vhost.name, Class: p.class, Bytes: p.bytes}
		for k, ta := range p.requests {
			one.Requests = append(one.Requests, savedTally{k.code, k.method, *ta})
		}
		s.Pages = append(s.Pages, one)
	}
	for end, i := range t.open {
		cells := savedCells{End: end}
		for p, c := range i.cells {
			one, err := c.saved()
			if err != nil {
				return s, err
			}
			one.Page = p.number
			cells.Cells = append(cells.Cells, one)
		}
		s.Open = append(s.Open, cells)
	}
	return s, nil
}

func (c *cell) saved() (out savedCell, err error) {
	for _, r := range c.requests {
		out.Requests = append(out.Requests, savedTally{r.code, r.method, tally{Total: float64(r.n)}})
	}
	if c.sized {
		out.Bytes = &c.bytes
	}
	if c.took.Count() > 0 {
		if out.Took, err = c.took.AppendBinary(nil); err != nil {
			return out, err
		}
	}
	if c.upstreams.Count() > 0 {
		out.Upstream, err = c.upstreams.AppendBinary(nil)
	}
	return out, err
}

// Restore fills an empty table with what another held, whatever the limits are
// now. With another interval what is open goes into the intervals of now. On an
// error the table must not be used.
func (t *Table) Restore(s Snapshot) error {
	t.closed = (s.Closed + t.step - 1) / t.step * t.step
	for i, saved := range s.Pages {
		p := t.restored(saved)
		if p.number != i {
			return fmt.Errorf("page %s of %s%s is there twice", saved.Class, saved.Server, saved.VHost)
		}
		for _, r := range saved.Requests {
			p.requests[slot{r.Code, r.Method}] = &r.tally
		}
		p.bytes = saved.Bytes
	}
	for _, saved := range s.Open {
		i := t.intervalOf(max(saved.End-s.Step, t.closed))
		for _, one := range saved.Cells {
			if one.Page < 0 || one.Page >= len(t.pages) {
				return fmt.Errorf("page %d of %d", one.Page, len(t.pages))
			}
			if err := i.cell(t, t.pages[one.Page]).restore(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// restored returns the page of a snapshot.
func (t *Table) restored(saved savedPage) *page {
	sv := t.servers[saved.Server]
	if sv == nil {
		sv = t.newServer(saved.Server)
	}
	v := sv.vhosts[saved.VHost]
	if v == nil {
		v = sv.newVHost(saved.VHost)
	}
	if p := v.pages[saved.Class]; p != nil {
		return p
	}
	return t.newPage(v, saved.Class)
}

func (c *cell) restore(s savedCell) error {
	for _, r := range s.Requests {
		c.count(slot{r.Code, r.Method}, uint64(r.Total))
	}
	if s.Bytes != nil {
		c.bytes, c.sized = c.bytes+*s.Bytes, true
	}
	for _, one := range []struct {
		from []byte
		to   *sketch.Sketch
	}{{s.Took, &c.took}, {s.Upstream, &c.upstreams}} {
		if len(one.from) == 0 {
			continue
		}
		var had sketch.Sketch
		if err := had.UnmarshalBinary(one.from); err != nil {
			return fmt.Errorf("sketch of page %d: %w", s.Page, err)
		}
		one.to.Merge(&had)
	}
	return nil
}
