package handler

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/orders"
)

// maxSeen bounds the orders that are remembered. Far fewer are given out before
// their time is over. maxHave bounds those that are still to be answered.
const (
	maxSeen = 1000
	maxHave = orders.MaxHandlers
)

// Book is what a process remembers of orders, whatever its configuration becomes
// meanwhile.
type Book struct {
	process string

	mu      sync.Mutex // guards what follows
	seen    []string   // orders that were ever given to this process, oldest first
	have    []string   // those of them that are not answered yet
	running map[string]bool
	runs    map[string][]time.Time // by handler, oldest first
}

// NewBook returns an empty Book of a process, whose name is new at each start.
func NewBook(process string) *Book {
	return &Book{process: process, running: map[string]bool{}, runs: map[string][]time.Time{}}
}

// take reports whether an order is new, and notes it.
func (b *Book) take(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.Contains(b.seen, id) {
		return false
	}
	if len(b.seen) >= maxSeen {
		b.seen = slices.Delete(b.seen, 0, 1)
	}
	b.seen, b.have = append(b.seen, id), append(b.have, id)
	return true
}

// answered forgets that an order is to be answered.
func (b *Book) answered(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.have = slices.DeleteFunc(b.have, func(h string) bool { return h == id })
}

// crowded reports whether so many orders are to be answered that there is no room for
// another: the server gives them faster than it takes answers.
func (b *Book) crowded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.have) >= maxHave
}

// waiting lists the orders that are to be answered.
func (b *Book) waiting() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.have)
}

// begin notes a run, or says why there must be none.
func (b *Book) begin(c Config, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[c.Name] = slices.DeleteFunc(b.runs[c.Name], func(at time.Time) bool { return now.Sub(at) >= c.Limit.Within })
	switch {
	case b.running[c.Name]:
		return fmt.Errorf("%s is running already", c.Name)
	case len(b.runs[c.Name]) >= c.Limit.Count:
		return fmt.Errorf("the agent's own limit is reached: %d in %v", c.Limit.Count, c.Limit.Within)
	}
	b.running[c.Name] = true
	b.runs[c.Name] = append(b.runs[c.Name], now)
	return nil
}

func (b *Book) end(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, name)
}

// ask is what an agent of an instance asks with.
func (b *Book) ask(instance string, names []string) orders.Ask {
	return orders.Ask{Instance: instance, Process: b.process, Handlers: names, Have: b.waiting()}
}
