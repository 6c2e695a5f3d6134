package watch

import (
	"time"
)

// heldLine waits until an instant, at the latest.
type heldLine struct {
	Line
	until time.Time
}

// lineHeap has the oldest line first.
type lineHeap []heldLine

func (q lineHeap) Len() int { return len(q) }

func (q lineHeap) Less(i, j int) bool { return q[i].At.Before(q[j].At) }

func (q lineHeap) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *lineHeap) Push(v any) { *q = append(*q, v.(heldLine)) }

// Pop implements heap.Interface.
func (q *lineHeap) Pop() any {
	n := len(*q) - 1
	l := (*q)[n]
	(*q)[n] = heldLine{}
	*q = (*q)[:n]
	return l
}
