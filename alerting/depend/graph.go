package depend

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	"plimsoll/alerting/match"
)

// A Graph knows who needs whom. It may be used by several goroutines.
type Graph struct {
	nodes  []node   // parents before their children
	labels []string // that any node's matchers look at

	mu     sync.Mutex       // guards places
	places map[string]place // by the values of labels
}

type node struct {
	name    string
	alerts  match.Set
	parents []int
	count   int // of the parents that must be up
	// implied nodes are named in needs and not configured.
	implied bool
	above   set // the implied nodes that it lies below
}

// New returns the graph of valid configs. Names in needs that are no node's are
// taken for checks, rules or services.
func New(configs []Config) (*Graph, error) {
	if err := validate("dependencies", configs, func(string) bool { return true }); err != nil {
		return nil, err
	}
	all := withImplied(configs)
	index := indexed(all)
	parents := edges(all, index)
	order, _ := sorted(parents)
	at := make([]int, len(all)) // where each stands in order
	for i, c := range order {
		at[c] = i
	}
	g := &Graph{places: map[string]place{}}
	names := map[string]bool{}
	for _, c := range order {
		own, err := all[c].own()
		if err != nil {
			return nil, err
		}
		for _, name := range own.Names() {
			names[name] = true
		}
		n := node{name: all[c].Name, alerts: own, implied: c >= len(configs)}
		_, _, n.count = all[c].Needs.list()
		for _, p := range parents[c] {
			n.parents = append(n.parents, at[p])
		}
		g.add(n)
	}
	g.labels = slices.Sorted(maps.Keys(names))
	return g, nil
}

// withImplied adds a root for each name in needs that is no node's.
func withImplied(configs []Config) []Config {
	all := slices.Clone(configs)
	index := indexed(configs)
	for _, c := range configs {
		_, names, _ := c.Needs.list()
		for _, name := range names {
			if _, ok := index[name]; !ok {
				index[name] = len(all)
				all = append(all, Config{Name: name})
			}
		}
	}
	return all
}

// add appends n, whose parents are there.
func (g *Graph) add(n node) {
	for _, p := range n.parents {
		n.above = n.above.union(g.nodes[p].above)
		if g.nodes[p].implied {
			n.above = n.above.with(p)
		}
	}
	g.nodes = append(g.nodes, n)
}

// place is where the alerts of one label set belong.
type place struct {
	in   []int // the nodes whose alerts they are
	held []int // of those, the nodes that may hold them back
}

// maxPlaces bounds what is remembered; past it, all is found anew.
const maxPlaces = 1 << 16

// placeOf remembers what it finds, by the labels that matter alone: most alerts
// are there at the next tick too, and to try every matcher on each of them
// would take nodes times alerts.
func (g *Graph) placeOf(labels map[string]string) place {
	var buf [256]byte
	key := buf[:0]
	for _, name := range g.labels {
		value := labels[name]
		key = binary.AppendUvarint(key, uint64(len(value)))
		key = append(key, value...)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.places[string(key)]; ok {
		return p
	}
	if len(g.places) >= maxPlaces {
		clear(g.places)
	}
	p := g.find(labels)
	g.places[string(key)] = p
	return p
}

// find tries every node. An implied node may hold an alert of its own, by not
// holding it, only if another node of the alert lies below it: there it keeps
// the alert from holding itself back. For any other the alert's own nodes
// decide, who know what it needs.
func (g *Graph) find(labels map[string]string) place {
	var p place
	for i := range g.nodes {
		if g.nodes[i].alerts.Matches(labels) {
			p.in = append(p.in, i)
		}
	}
	for _, i := range p.in {
		below := func(j int) bool { return g.nodes[j].above.has(i) }
		if !g.nodes[i].implied || slices.ContainsFunc(p.in, below) {
			p.held = append(p.held, i)
		}
	}
	return p
}
