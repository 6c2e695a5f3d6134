package depend

import (
	"fmt"
	"slices"
	"strings"
)

// State says whether the alerts of a node can be believed to be its own fault.
type State uint8

// The states, in order from good to bad.
const (
	Reachable   State = iota
	Waiting           // cannot be told until those above are decided
	Unreachable       // what it needs is not up
)

func (s State) String() string {
	switch s {
	case Reachable:
		return "reachable"
	case Waiting:
		return "waiting"
	}
	return "unreachable"
}

// Reach is whether an alert is to be told now, and if not, because of whom: the
// roots of the trouble first, which are down for themselves (of one that is
// Waiting, undecided), then the nearest nodes that it needs and that are not up.
type Reach struct {
	State   State
	Because []string
}

// maxNamed bounds the nodes that the text of a Reach names.
const maxNamed = 5

// String says r in one line, naming the first of those to blame.
func (r Reach) String() string {
	if len(r.Because) == 0 {
		return r.State.String()
	}
	text := r.State.String() + ", because of " + strings.Join(r.Because[:min(len(r.Because), maxNamed)], ", ")
	if more := len(r.Because) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Alert is an alert of class up/down that is not ok.
type Alert struct {
	Labels map[string]string // with those of package match
	Hard   bool
}

// View is the graph in the light of some alerts. It does not change.
type View struct {
	graph *Graph
	nodes []verdict // as in Graph.nodes
}

// standing is what a node's children see of it.
type standing uint8

// In the order of State, so that needs compare with own alerts.
const (
	up standing = iota
	undecided
	down
)

type verdict struct {
	own   standing // by its own alerts alone
	reach State    // by its needs alone
	roots set      // who is to blame if it is not reached
	near  set      // its parents among those
}

// sees returns what the node's children see of it.
func (v *verdict) sees() standing { return max(v.own, standing(v.reach)) }

// Judge evaluates the graph, given all alerts of class up/down that are not ok.
func (g *Graph) Judge(alerts []Alert) *View {
	v := &View{graph: g, nodes: make([]verdict, len(g.nodes))}
	for _, a := range alerts {
		s := undecided
		if a.Hard {
			s = down
		}
		for _, i := range g.placeOf(a.Labels).in {
			v.nodes[i].own = max(v.nodes[i].own, s)
		}
	}
	for i := range g.nodes {
		v.judge(i)
	}
	return v
}

// judge counts the parents of a node, which are judged.
func (v *View) judge(i int) {
	ups, perhaps := 0, 0
	for _, p := range v.graph.nodes[i].parents {
		switch v.nodes[p].sees() {
		case up:
			ups++
		case undecided:
			perhaps++
		}
	}
	n := &v.nodes[i]
	switch count := v.graph.nodes[i].count; {
	case ups >= count:
		return
	case ups+perhaps >= count:
		n.reach = Waiting
	default:
		n.reach = Unreachable
	}
	v.blame(i)
}

// blame finds who is the reason that a node is not reached. Those who are only
// undecided are none if it would not be reached even with them.
func (v *View) blame(i int) {
	n := &v.nodes[i]
	for _, p := range v.graph.nodes[i].parents {
		parent := &v.nodes[p]
		seen := parent.sees()
		if seen == up || seen == undecided && n.reach == Unreachable {
			continue
		}
		n.near = n.near.with(p)
		if standing(parent.reach) == seen {
			n.roots = n.roots.union(parent.roots)
		} else {
			n.roots = n.roots.with(p)
		}
	}
}

// Of answers for an alert of any class with these labels.
func (v *View) Of(labels map[string]string) Reach {
	in := v.graph.placeOf(labels).held
	if len(in) == 0 {
		return Reach{}
	}
	state := Unreachable
	for _, i := range in {
		state = min(state, v.nodes[i].reach)
	}
	if state == Reachable {
		return Reach{}
	}
	var roots, near set
	for _, i := range in {
		roots, near = roots.union(v.nodes[i].roots), near.union(v.nodes[i].near)
	}
	r := Reach{State: state}
	for _, i := range append(roots.without(nil), near.without(roots)...) {
		r.Because = append(r.Because, v.graph.nodes[i].name)
	}
	return r
}

// Depends reports whether an alert with these labels may ever be held back.
func (g *Graph) Depends(labels map[string]string) bool {
	return slices.ContainsFunc(g.placeOf(labels).held, func(i int) bool { return len(g.nodes[i].parents) > 0 })
}
