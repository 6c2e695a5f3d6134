package history

import (
	"cmp"
	"container/heap"
	"context"

	"plimsoll/internal/metric"
)

// heads are the next cells of all sources, the first of them on top; of equal
// ones that of the earlier source.
type heads []head

type head struct {
	cell
	from int
}

func (h heads) Len() int { return len(h) }
func (h heads) Less(i, j int) bool {
	return cmp.Or(compareCells(h[i].cell, h[j].cell), cmp.Compare(h[i].from, h[j].from)) < 0
}
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)   { *h = append(*h, x.(head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// merge gives the cells of all sources in order.
func merge(sources []source, take func(cell) error) error {
	var h heads
	for i, next := range sources {
		c, ok, err := next()
		if err != nil {
			return err
		}
		if ok {
			h = append(h, head{c, i})
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		if err := take(h[0].cell); err != nil {
			return err
		}
		c, ok, err := sources[h[0].from]()
		switch {
		case err != nil:
			return err
		case ok:
			h[0].cell = c
			heap.Fix(&h, 0)
		default:
			heap.Pop(&h)
		}
	}
	return nil
}

// block gathers the samples of one call of emit.
type block struct {
	ctx     context.Context
	sorter  *sorter
	emit    Emit
	last    cell
	begun   bool // last holds something
	samples []metric.Sample
}

// take brings in the next cell. Cells of the same series and instant, which come
// from different runs, become one.
func (b *block) take(c cell) error {
	if !b.begun {
		b.last, b.begun = c, true
		return nil
	}
	if compareCells(b.last, c) == 0 {
		b.join(c)
		return nil
	}
	err := b.add(b.last)
	if err == nil && c.id == b.last.id {
		err = b.fill(c.at)
	} else if err == nil {
		err = b.send()
	}
	b.last = c
	return err
}

// fill adds the intervals without events between the last cell and the next.
func (b *block) fill(next int64) error {
	sr, step := b.sorter.all[b.last.id], b.sorter.options.Interval.Milliseconds()
	if !sr.events || sr.kind != metric.Counter || next-b.last.at > b.sorter.options.Idle.Milliseconds()+step {
		return nil
	}
	for at := b.last.at + step; at < next; at += step {
		b.sorter.stats.Zeros++
		if err := b.add(cell{id: b.last.id, at: at}); err != nil {
			return err
		}
	}
	return nil
}

func (b *block) join(c cell) {
	switch sr := &b.sorter.all[c.id]; {
	case !sr.events:
		b.last = c
		b.sorter.stats.Duplicates++
	case sr.kind == metric.Timing:
		b.last.sketch.Merge(c.sketch)
	default:
		b.last.value += c.value
	}
}

// add makes a sample of a cell.
func (b *block) add(c cell) error {
	sr, st := &b.sorter.all[c.id], b.sorter.stats
	s := metric.Sample{Labels: sr.labels, Kind: sr.kind, At: c.at, Value: c.value, Sketch: c.sketch}
	if sr.events {
		s.Start = c.at - b.sorter.options.Interval.Milliseconds()
	}
	b.samples = append(b.samples, s)
	if st.Samples++; st.Samples == 1 {
		st.First, st.Last = c.at, c.at
	}
	st.First, st.Last = min(st.First, c.at), max(st.Last, c.at)
	if len(b.samples) == MaxBlock {
		return b.send()
	}
	return nil
}

func (b *block) send() error {
	if len(b.samples) == 0 {
		return nil
	}
	if err := b.ctx.Err(); err != nil {
		return err
	}
	err := b.emit(b.samples)
	b.samples = b.samples[:0]
	return err
}

// flush sends the rest.
func (b *block) flush() error {
	if !b.begun {
		return nil
	}
	if err := b.add(b.last); err != nil {
		return err
	}
	return b.send()
}
