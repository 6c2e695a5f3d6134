package alerting

import (
	"errors"
	"slices"
	"sync"

	"plimsoll/internal/metric"
)

var errCrowd = errors.New("too many results of this check wait")

// queue is what waits to be taken by one goroutine. Nobody waits to put
// something in.
type queue[T any] struct {
	limit int
	// each bounds the items of one sender, whose name is of(item); 0: nobody
	// is asked.
	each int
	of   func(T) string

	mu       sync.Mutex // guards what follows
	items    []T
	waiting  map[string]int // by sender; nil if each is 0
	offender string         // whose item was refused last
}

func (q *queue[T]) put(item T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= q.limit {
		return metric.ErrBusy
	}
	if q.each > 0 {
		name := q.of(item)
		if q.waiting[name] >= q.each {
			q.offender = name
			return errCrowd
		}
		q.waiting[name]++
	}
	q.items = append(q.items, item)
	return nil
}

// full is asked first: of a flood, what is refused costs next to nothing.
func (q *queue[T]) full() bool { return q.len() >= q.limit }

func (q *queue[T]) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// refuse notes whose item is refused, and why.
func (q *queue[T]) refuse(name string, why error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.offender = name
	return why
}

// refused returns whose item was refused last since it was last asked, or "".
func (q *queue[T]) refused() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := q.offender
	q.offender = ""
	return name
}

// head returns the first items, up to n of them; drop takes them off.
func (q *queue[T]) head(n int) []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.items[:min(n, len(q.items))])
}

func (q *queue[T]) drop(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, item := range q.items[:n] {
		if q.each > 0 {
			name := q.of(item)
			if q.waiting[name]--; q.waiting[name] == 0 {
				delete(q.waiting, name)
			}
		}
	}
	q.items = slices.Delete(q.items, 0, n)
}
