package counterd

import (
	"cmp"
	"container/heap"
	"sync"
)

// maxOffenders bounds the accounts of a ledger that have no series: of those who
// are over a limit, or were.
const maxOffenders = 1000

// nobody is the account of no one.
const nobody = 0

// ledger has an account for each source, or each prefix.
type ledger[K comparable] struct {
	limit    int // of series
	accounts map[K]*account[K]
	byID     []*account[K] // nil where free; the first is nobody's
	free     []uint32
	bare     bare[K] // the accounts without series
	opened   uint64
}

// account is one source or prefix.
type account[K comparable] struct {
	key    K
	id     uint32
	series int
	over   uint64 // lines that were over a limit

	// Among those without series, of whom the least makes room: over and what
	// the one had that made room for this one. So two who come by turns do not
	// drive out each other for ever, below those who came long ago.
	rank   uint64
	opened uint64
	place  int // in ledger.bare, if it has no series
}

func newLedger[K comparable](limit int) *ledger[K] {
	return &ledger[K]{limit: limit, accounts: map[K]*account[K]{}, byID: make([]*account[K], 1)}
}

// hasRoom tells whether one more series is within the limit.
func (l *ledger[K]) hasRoom(key K) bool {
	a := l.accounts[key]
	return a == nil || a.series < l.limit
}

// offend counts a line that was over a limit.
func (l *ledger[K]) offend(key K) {
	a := l.accounts[key]
	if a == nil {
		a = l.open(key)
		a.rank = l.makeRoom()
		heap.Push(&l.bare, a)
	}
	a.over++
	a.rank++
	if a.series == 0 {
		heap.Fix(&l.bare, a.place)
	}
}

// enter counts a series, and returns on whose account.
func (l *ledger[K]) enter(key K) uint32 {
	a := l.accounts[key]
	switch {
	case a == nil:
		a = l.open(key)
	case a.series == 0:
		heap.Remove(&l.bare, a.place)
	}
	a.series++
	return a.id
}

// leave discounts a series. An offender's account stays, as long as there is
// room, for people to see.
func (l *ledger[K]) leave(a *account[K]) {
	if a.series--; a.series > 0 {
		return
	}
	if a.over == 0 {
		l.close(a)
		return
	}
	heap.Push(&l.bare, a)
	if len(l.bare) > maxOffenders {
		l.close(heap.Pop(&l.bare).(*account[K]))
	}
}

func (l *ledger[K]) open(key K) *account[K] {
	l.opened++
	a := &account[K]{key: key, id: uint32(len(l.byID)), opened: l.opened}
	if n := len(l.free); n > 0 {
		a.id = l.free[n-1]
		l.free = l.free[:n-1]
		l.byID[a.id] = a
	} else {
		l.byID = append(l.byID, a)
	}
	l.accounts[key] = a
	return a
}

func (l *ledger[K]) close(a *account[K]) {
	delete(l.accounts, a.key)
	l.byID[a.id] = nil
	l.free = append(l.free, a.id)
}

// makeRoom closes the least account without series if there is no room for one
// more, and returns its rank.
func (l *ledger[K]) makeRoom() uint64 {
	if len(l.bare) < maxOffenders {
		return 0
	}
	least := heap.Pop(&l.bare).(*account[K])
	l.close(least)
	return least.rank
}

// offendersFrom appends the offenders among atOnce accounts, and tells whether
// more follow. mu guards the ledger.
func (l *ledger[K]) offendersFrom(mu *sync.Mutex, from int, to []account[K]) ([]account[K], bool) {
	mu.Lock()
	defer mu.Unlock()
	end := min(from+atOnce, len(l.byID))
	for _, a := range l.byID[min(from, end):end] {
		if a != nil && a.over > 0 {
			to = append(to, *a)
		}
	}
	return to, end < len(l.byID)
}

// bare is a heap of accounts without series, the least first.
type bare[K comparable] []*account[K]

func (b bare[K]) Len() int { return len(b) }

func (b bare[K]) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(b[i].rank, b[j].rank), cmp.Compare(b[i].opened, b[j].opened)) < 0
}

func (b bare[K]) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].place, b[j].place = i, j
}

func (b *bare[K]) Push(x any) {
	a := x.(*account[K])
	a.place = len(*b)
	*b = append(*b, a)
}

func (b *bare[K]) Pop() any {
	last := len(*b) - 1
	a := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return a
}
