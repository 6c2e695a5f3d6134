package snmp

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/mib"
)

const (
	maxColumns     = 23   // walked side by side
	maxScalars     = 31   // in one request; some agents take few more
	maxRepetitions = 50   // asked for at once
	maxValues      = 600  // expected in one answer
	maxRows        = 5000 // of one table
	sysUpTime      = "1.3.6.1.2.1.1.3"
	cacheUptime    = "1.3.6.1.4.1.3495.1.1.3"
)

// tuning is how much a device can answer at once. It is learnt: an answer that is
// too big, or that the device cut, or that never came, halves it; each poll
// without trouble lets it grow again.
type tuning struct {
	repetitions int
	trouble     bool // since the last grow
}

func (t *tuning) shrink(to int) {
	t.repetitions, t.trouble = max(1, min(to, t.repetitions)), true
}

// grow follows a poll.
func (t *tuning) grow() {
	if !t.trouble {
		t.repetitions = min(maxRepetitions, t.repetitions+max(1, t.repetitions/4))
	}
	t.trouble = false
}

// column is how far the walk of one column is.
type column struct {
	number string // of the column
	next   string // the last instance that was got
	done   bool
}

// found is called for each instance of a walk: which column, its index, its
// value, and the stamp of the answer it came in.
type found func(column int, index string, v value, at time.Time)

// walk asks for all instances of some columns, sysUpTime with each request. rows
// is how many are expected, 0 if that is not known. What was found stays found
// when there is an error.
func (s *session) walk(columns []object, rows int, t *tuning, c *clock, f found) error {
	for from := 0; from < len(columns); from += maxColumns {
		part := columns[from:min(from+maxColumns, len(columns))]
		w := &walk{session: s, tuning: t, clock: c, rows: rows, found: func(i int, index string, v value, at time.Time) { f(from+i, index, v, at) }}
		for _, o := range part {
			w.columns = append(w.columns, column{number: o.number, next: o.number})
		}
		if err := w.run(); err != nil {
			return err
		}
	}
	return nil
}

// walk is the walk of a few columns side by side.
type walk struct {
	*session
	tuning  *tuning
	clock   *clock
	columns []column
	rows    int // that are expected
	got     int // rows, at least
	found   found
}

func (w *walk) run() error {
	for {
		open := w.open()
		if len(open) == 0 {
			return nil
		}
		if w.got > w.most {
			return fmt.Errorf("more than %d rows", w.most)
		}
		if err := w.step(open); err != nil {
			return err
		}
	}
}

// open returns the columns that are not at their end.
func (w *walk) open() (open []int) {
	for i, c := range w.columns {
		if !c.done {
			open = append(open, i)
		}
	}
	return open
}

// step asks once for what follows in the open columns.
func (w *walk) step(open []int) error {
	repetitions := w.repetitions(len(open))
	var objects []string
	for _, i := range open {
		objects = append(objects, w.columns[i].next)
	}
	a, err := w.bulk(objects, repetitions)
	switch {
	case errors.Is(err, errSilent) && repetitions > 1 && w.values > 0 && w.ctx.Err() == nil:
		w.tuning.shrink(repetitions / 2) // some drop what is too long for them
		return nil
	case err != nil:
		return err
	case a.err != gosnmp.NoError:
		return w.refused(a, open, repetitions)
	}
	return w.take(a, open, repetitions)
}

// repetitions is how many rows are asked for: as many as are expected and one
// more, by which the end is seen, but no more than fit.
func (w *walk) repetitions(open int) int {
	n := min(w.tuning.repetitions, max(1, maxValues/open))
	if w.rows >= w.got && w.rows > 0 {
		n = min(n, w.rows-w.got+1)
	}
	return max(1, n)
}

// refused deals with an error that the device answered.
func (w *walk) refused(a answer, open []int, repetitions int) error {
	switch {
	case a.err == gosnmp.TooBig && repetitions > 1:
		w.tuning.shrink(repetitions / 2)
		return nil
	case a.err == gosnmp.NoSuchName && a.index == 0 && !w.timeless:
		w.timeless = true
		return nil
	case a.err == gosnmp.NoSuchName && a.index >= w.heads() && a.index-w.heads() < len(open):
		w.columns[open[a.index-w.heads()]].done = true // version 1's end of the walk
		return nil
	case a.err == gosnmp.NoSuchName && w.version == gosnmp.Version1:
		for _, i := range open {
			w.columns[i].done = true
		}
		return nil
	}
	return fmt.Errorf("device answers %s", a.err)
}

// take gives away what came, row after row, and notes how far each column is.
func (w *walk) take(a answer, open []int, repetitions int) error {
	vars := a.vars
	at := a.middle()
	if len(vars) > 0 && !w.timeless {
		if ticks, is := vars[0].Value.(uint32); is && vars[0].Type == gosnmp.TimeTicks {
			at = w.clock.observe(ticks, at)
		}
		vars = vars[1:]
	}
	if len(vars) == 0 {
		return errors.New("answer holds no values")
	}
	for i, p := range vars {
		c := &w.columns[open[i%len(open)]]
		if c.done {
			continue
		}
		number, v := plainNumber(p.Name), valueOf(p)
		index, within := mib.Index(c.number, number)
		if !within || v.class == ended || mib.Compare(number, c.next) <= 0 {
			c.done = true
			continue
		}
		c.next = number
		w.found(open[i%len(open)], index, v, at)
	}
	full := len(vars) / len(open)
	w.got += max(1, full)
	if full < repetitions && slices.ContainsFunc(w.columns, func(c column) bool { return !c.done }) {
		w.tuning.shrink(max(full, 1)) // the device cut its answer
	}
	return nil
}

func plainNumber(name string) string {
	if name != "" && name[0] == '.' {
		return name[1:]
	}
	return name
}

// scalars asks for instances, sysUpTime with each request. What the device does
// not have is dropped from what is asked, and from objects that are returned.
func (s *session) scalars(objects []object, c *clock, f func(o object, v value, at time.Time)) (there []object, err error) {
	for len(objects) > 0 {
		part := objects[:min(maxScalars, len(objects))]
		objects = objects[len(part):]
		got, err := s.some(part, c, f)
		there = append(there, got...)
		if err != nil {
			return append(there, objects...), err
		}
	}
	return there, nil
}

// some asks for a few instances. An error of version 1 names one that is not
// there: the others are asked again.
func (s *session) some(objects []object, c *clock, f func(o object, v value, at time.Time)) ([]object, error) {
	objects = slices.Clone(objects)
	for {
		numbers := s.head(".0")
		for _, o := range objects {
			numbers = append(numbers, o.number)
		}
		a, err := s.get(numbers)
		switch {
		case err != nil:
			return objects, err
		case a.err == gosnmp.NoError:
			return s.give(a, objects, c, f), nil
		case a.err == gosnmp.TooBig && len(objects) > 1:
			half := len(objects) / 2
			first, err := s.some(objects[:half], c, f)
			if err != nil {
				return objects, err
			}
			second, err := s.some(objects[half:], c, f)
			return append(first, second...), err
		case a.err == gosnmp.NoSuchName && a.index == 0 && !s.timeless:
			s.timeless = true
		case a.err == gosnmp.NoSuchName && a.index >= s.heads() && a.index-s.heads() < len(objects):
			i := a.index - s.heads()
			objects = slices.Delete(objects, i, i+1)
			if len(objects) == 0 {
				return nil, nil
			}
		default:
			return objects, fmt.Errorf("device answers %s", a.err)
		}
	}
}

// give gives the values away and returns the objects that are there.
func (s *session) give(a answer, objects []object, c *clock, f func(o object, v value, at time.Time)) (there []object) {
	at := a.middle()
	for _, p := range a.vars {
		if ticks, is := p.Value.(uint32); is && plainNumber(p.Name) == s.uptime+".0" {
			at = c.observe(ticks, at)
		}
	}
	for _, o := range objects {
		for _, p := range a.vars {
			if plainNumber(p.Name) != o.number {
				continue
			}
			if v := valueOf(p); v.class != nothing && v.class != ended {
				f(o, v, at)
				there = append(there, o)
			}
			break
		}
	}
	return there
}
