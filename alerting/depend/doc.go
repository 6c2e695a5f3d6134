// Package depend tells what is down from what only cannot be reached. It is
// pure: alerts go in, and who is held back by whom comes out.
//
//	           core
//	          /    \                a node is not up while
//	    switch-a  switch-b            one of its own alerts is hard, or
//	          \    /                  its needs are not met
//	any ──►   rack3
//
// The rule is Nagios' (a host is unreachable if none of its parents is up),
// with needs instead of parents: any, all or at least k of them. Evaluation
// follows the graph, parents first:
//
//	own alerts    none: up      soft: undecided     hard: down
//	needs         met           perhaps met         not met
//	the node      Reachable     Waiting             Unreachable
//	its children  see the worse of own alerts and needs
//
// Needs are perhaps met when it depends on nodes that are undecided. As needs
// only ever count those that are up, it is enough to count twice: with all of
// the undecided up and with none. What lies below a node that is not reached is
// not reached either, whatever was last seen of the nodes between: they may have
// no checks of their own, and those that have are looked at later than the
// parent broke.
//
// Invariants:
//   - An alert is held back only if every node that it belongs to is, and never
//     by itself: without the alert it would be held back as well.
//   - What belongs to no node, or to a root, is never held back.
//   - The answer depends on the alerts alone, neither on their order nor on what
//     was asked before.
package depend
