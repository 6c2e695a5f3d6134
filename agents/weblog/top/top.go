// Package top finds what occurs most in a stream, in bounded memory, over the
// last minutes.
//
//	         minute  minute  minute  minute  now
//	Add ───────────────────────────────────► [key: count] at most 2·Keys
//	Top ◄──── sum of all ─────────────────────────────────
//
// Each slot of time counts keys by the algorithm of Misra and Gries ("Finding
// repeated elements", 1982), with the reduction made seldom: when there are
// 2·Keys of them, the Keys-th greatest count is taken from all, and keys without
// a count go. What was taken is the slot's error. It is told:
//
//	Count ≤ what occurred ≤ Count + Error,  Error ≤ Total / Keys
//
// so a key of which more than Total/Keys occurred is always there. Keys are cut
// to MaxKeyBytes.
package top

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxKeyBytes bounds a key; what is longer is cut, and counts with what begins
// with the same.
const MaxKeyBytes = 200

// Config bounds a Counter.
type Config struct {
	Span  time.Duration // over which is counted
	Slots int           // of which Span is made
	Keys  int           // that are told apart at least, in each slot
}

// Default is the last five minutes, with an error of 0.2 %.
func Default() Config { return Config{Span: 5 * time.Minute, Slots: 5, Keys: 500} }

// Counter counts keys. Its methods may be called from several goroutines.
type Counter struct {
	cfg Config

	mu    sync.Mutex // guards slots
	slots []slot
}

type slot struct {
	number int64 // of spans since 1970
	total  int64
	taken  int64
	counts map[string]*int64
}

// New returns an empty counter.
func New(c Config) *Counter { return &Counter{cfg: c, slots: make([]slot, c.Slots)} }

func (c *Counter) number(now time.Time) int64 {
	return now.UnixNano() / (int64(c.cfg.Span) / int64(c.cfg.Slots))
}

// Add counts a key that occurred now. An empty key is none.
func (c *Counter) Add(key string, now time.Time) {
	if key == "" {
		return
	}
	if len(key) > MaxKeyBytes {
		key = key[:MaxKeyBytes]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	number := c.number(now)
	s := &c.slots[number%int64(len(c.slots))]
	if s.number != number {
		*s = slot{number: number, counts: make(map[string]*int64, 16)}
	}
	s.total++
	if n := s.counts[key]; n != nil {
		*n++
		return
	}
	one := int64(1)
	s.counts[strings.Clone(key)] = &one // key is part of a line
	if len(s.counts) >= 2*c.cfg.Keys {
		s.reduce(c.cfg.Keys)
	}
}

// reduce takes the keys-th greatest count from all.
func (s *slot) reduce(keys int) {
	all := make([]int64, 0, len(s.counts))
	for _, n := range s.counts {
		all = append(all, *n)
	}
	slices.Sort(all)
	take := all[len(all)-keys]
	s.taken += take
	for k, n := range s.counts {
		if *n -= take; *n <= 0 {
			delete(s.counts, k)
		}
	}
}

// Item is a key that occurred at least Count times, and Count + Error at most.
type Item struct {
	Key   string `json:"key"`
	Count int64  `json:"count"`
	Error int64  `json:"error"`
}

// List is the most frequent keys, most first.
type List struct {
	Total int64  `json:"total"` // of all keys
	Items []Item `json:"items"`
	// Missing is how often a key that is not listed may have occurred at most.
	Missing int64 `json:"missing"`
}

// Top returns the n most frequent keys of the span that ends now.
func (c *Counter) Top(n int, now time.Time) List {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lists []List
	newest := c.number(now)
	for i := range c.slots {
		if s := &c.slots[i]; s.number > newest-int64(len(c.slots)) && s.number <= newest && s.counts != nil {
			lists = append(lists, s.list())
		}
	}
	return Merge(lists, n)
}

func (s *slot) list() List {
	l := List{Total: s.total, Missing: s.taken}
	for k, n := range s.counts {
		l.Items = append(l.Items, Item{k, *n, s.taken})
	}
	return l
}

// Merge adds up lists of several times or places, and keeps the n most frequent.
func Merge(lists []List, n int) List {
	out := List{Items: []Item{}}
	at := map[string]int{}
	for _, l := range lists {
		for _, it := range l.Items {
			i, known := at[it.Key]
			if !known {
				i = len(out.Items)
				at[it.Key] = i
				out.Items = append(out.Items, Item{Key: it.Key, Error: out.Missing})
			}
			out.Items[i].Count += it.Count
			// What lists that do not have it may hide is added to all below.
			out.Items[i].Error += it.Error - l.Missing
		}
		for i := range out.Items {
			out.Items[i].Error += l.Missing
		}
		out.Total += l.Total
		out.Missing += l.Missing
	}
	slices.SortFunc(out.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	if len(out.Items) > n {
		// The first that is left out has the greatest count of those; errors differ.
		for _, it := range out.Items[n:] {
			out.Missing = max(out.Missing, it.Count+it.Error)
		}
		out.Items = out.Items[:n]
	}
	return out
}
