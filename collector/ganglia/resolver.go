package ganglia

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	lookupTimeout = 3 * time.Second
	// lookups run at a time: so many addresses without an answer take
	// lookupTimeout together.
	lookups = 16
	// maxWaiting bounds the addresses that wait for a lookup. Those beyond come
	// with their next datagram.
	maxWaiting = 4096
	// A name is looked up again after nameAge, an address without one sooner.
	nameAge   = time.Hour
	noNameAge = 5 * time.Minute
)

// resolver finds the names of addresses beside the reading of datagrams.
type resolver struct {
	config  *Config
	limit   int
	waiting chan netip.Addr
	found   func(addr netip.Addr, name string, now time.Time)

	mu    sync.Mutex // guards names
	names map[netip.Addr]*nameEntry
}

// nameEntry is what is known of an address.
type nameEntry struct {
	name    string // empty: not known yet
	expires time.Time
	asked   bool // it waits for a lookup
}

func newResolver(c *Config, found func(netip.Addr, string, time.Time)) *resolver {
	return &resolver{
		config: c, limit: c.MaxSources, waiting: make(chan netip.Addr, maxWaiting), found: found,
		names: map[netip.Addr]*nameEntry{},
	}
}

// name returns the name of an address, if it is known, and never waits.
func (r *resolver) name(a netip.Addr, now time.Time) (string, bool) {
	if a.IsLoopback() {
		return r.config.Local, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.names[a]
	if e == nil {
		if len(r.names) >= r.limit {
			r.sweepLocked(now)
		}
		if len(r.names) >= r.limit {
			return a.String(), true
		}
		e = &nameEntry{}
		r.names[a] = e
	}
	if !e.asked && !now.Before(e.expires) {
		select {
		case r.waiting <- a:
			e.asked = true
		default: // the next datagram asks again
		}
	}
	return e.name, e.name != ""
}

// sweepLocked makes room.
func (r *resolver) sweepLocked(now time.Time) {
	for a, e := range r.names {
		if !e.asked && now.After(e.expires) {
			delete(r.names, a)
		}
	}
}

// run looks up what waits until ctx ends.
func (r *resolver) run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for range lookups {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case a := <-r.waiting:
					r.lookUp(ctx, a)
				}
			}
		})
	}
}

func (r *resolver) lookUp(ctx context.Context, a netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	names, err := r.config.LookupAddr(ctx, a.String())
	name, age := a.String(), noNameAge
	if err == nil && len(names) > 0 && goodName(strings.TrimSuffix(names[0], ".")) {
		name, age = strings.TrimSuffix(names[0], "."), nameAge
	}
	now := r.config.Now()
	r.mu.Lock()
	if e := r.names[a]; e != nil {
		if age == noNameAge && e.name != "" {
			name = e.name // the one it had, rather than none
		}
		*e = nameEntry{name: name, expires: now.Add(age)}
	}
	r.mu.Unlock()
	r.found(a, name, now)
}
