package snmp

import (
	"slices"
	"time"
)

// kept is what is known of a table of one device from poll to poll. The maps by
// index hold what the last walks found; the one by name lives on when rows get
// other indexes.
type kept struct {
	*table
	rows   map[string]*row
	raw    map[string]string  // index → what the key column says
	names  map[string]string  // index → name of the row
	slow   map[string][]value // index → slow columns
	absent map[string]bool    // numbers of columns that the device does not have
	narrow bool               // some rows lack wide counters
	known  bool               // slow is that of the rows there are now
}

func keep(t *table) *kept { return &kept{table: t, rows: map[string]*row{}, absent: map[string]bool{}} }

// sighting is what one poll saw of one row.
type sighting struct {
	index, raw string
	at         time.Time
	cells      []cell
}

type cell struct {
	value
	at time.Time
}

// view is what one poll saw of a table, in the order of the walk.
type view struct {
	columns int
	rows    []*sighting
	by      map[string]*sighting
}

func (v *view) row(index string, at time.Time) *sighting {
	r := v.by[index]
	if r == nil {
		r = &sighting{index: index, at: at, cells: make([]cell, v.columns)}
		v.by[index], v.rows = r, append(v.rows, r)
	}
	return r
}

// measure walks a table. What it found counts even when there is an error.
func (d *device) measure(s *session, k *kept, refresh bool) (*view, error) {
	v := &view{columns: len(k.columns), by: map[string]*sighting{}}
	if refresh {
		clear(k.absent)
		k.narrow = false
	}
	asked := k.ask(0, k.fast())
	if k.narrow {
		asked = append(asked, k.ask(k.fast(), len(k.columns))...)
	}
	err := d.walkInto(s, k, v, asked)
	if err == nil && k.lacksWide(v) && !k.narrow {
		k.narrow = true
		err = d.walkInto(s, k, v, k.ask(k.fast(), len(k.columns)))
	}
	if err != nil {
		return v, err
	}
	k.notice(v)
	if k.renamed(v) {
		k.known = len(k.table.slow) == 0
	}
	if refresh || !k.known {
		err = d.readSlow(s, k, len(v.rows))
	}
	k.name(v)
	return v, err
}

// ask returns the places of the columns to be asked for, among [from, to).
func (k *kept) ask(from, to int) (places []int) {
	for i := from; i < to; i++ {
		if !k.absent[k.columns[i].number] {
			places = append(places, i)
		}
	}
	return places
}

// walkInto walks the columns at the given places, and the key column with them.
func (d *device) walkInto(s *session, k *kept, v *view, places []int) error {
	var columns []object
	for _, i := range places {
		columns = append(columns, k.columns[i])
	}
	if k.key != "" {
		columns = append([]object{k.keyed}, columns...)
	}
	return s.walk(columns, len(k.raw), &d.tuning, &d.clock, func(i int, index string, val value, at time.Time) {
		r := v.row(index, at)
		if k.key != "" {
			if i == 0 {
				r.raw = val.text
				return
			}
			i--
		}
		r.cells[places[i]] = cell{val, at}
	})
}

// lacksWide reports whether there are rows without the wide counters.
func (k *kept) lacksWide(v *view) bool {
	return k.wide >= 0 && slices.ContainsFunc(v.rows, func(r *sighting) bool { return r.cells[k.wide].class == nothing })
}

// notice notes which columns the device does not have.
func (k *kept) notice(v *view) {
	for i, c := range k.columns {
		if i >= k.fast() && !k.narrow {
			break
		}
		k.absent[c.number] = len(v.rows) > 0 && !slices.ContainsFunc(v.rows, func(r *sighting) bool { return r.cells[i].class != nothing })
	}
}

// renamed notes what the key column says, and reports whether that has changed.
func (k *kept) renamed(v *view) bool {
	changed := len(k.raw) != len(v.rows)
	raw := make(map[string]string, len(v.rows))
	for _, r := range v.rows {
		old, known := k.raw[r.index]
		changed = changed || !known || old != r.raw
		raw[r.index] = r.raw
	}
	k.raw = raw
	return changed
}

// readSlow reads the columns that rarely change.
func (d *device) readSlow(s *session, k *kept, rows int) error {
	slow := make(map[string][]value, rows)
	err := s.walk(k.table.slow, rows, &d.tuning, &d.clock, func(i int, index string, val value, _ time.Time) {
		if slow[index] == nil {
			slow[index] = make([]value, len(k.table.slow))
		}
		slow[index][i] = val
	})
	if err == nil {
		k.slow, k.known = slow, true
	}
	return err
}

// name gives each row its name: what the key column says, or another if that
// says nothing, or the index. Rows with the same name get their index too.
func (k *kept) name(v *view) {
	k.names = make(map[string]string, len(v.rows))
	count := map[string]int{}
	for _, r := range v.rows {
		name := r.raw
		if name == "" && k.orElse != "" {
			name = k.text(r.index, k.orElse)
		}
		if name == "" {
			name = r.index
		}
		k.names[r.index] = name
		count[name]++
	}
	for index, name := range k.names {
		if count[name] > 1 {
			k.names[index] = name + "#" + index
		}
	}
}

// slowValue returns a slow column of a row.
func (k *kept) slowValue(index, name string) value {
	for i, o := range k.table.slow {
		if o.metric == name && k.slow[index] != nil {
			return k.slow[index][i]
		}
	}
	return value{}
}

func (k *kept) text(index, name string) string { return k.slowValue(index, name).text }

func (k *kept) float(index, name string) float64 {
	f, _ := k.slowValue(index, name).float()
	return f
}
