// Package rule judges series by PromQL: a vector element of a rule's expression
// is an instance of trouble, known by its labels.
//
//	expr  ─► in the answer?  ── yes ─────────────────────────────► bad
//	                         └─ no ─┐
//	clear ─► in the answer?  ── yes ┴────────────────────────────► good
//	                         └─ no ─┐
//	bare  ─► in the answer?  ── yes ┴─► held with clear, good without
//	                         └─ no ───► missing
//
// Absence from expr has two meanings: the value is on the right side of the
// level, or the series is gone. When expr compares a vector with a number
// (`up == 0`), the left side alone (`up`), called bare here, tells them apart:
// an instance that vanished from it too is missing, which is no recovery. For
// any other shape (`a > 1 and b > 2`, `absent(x)`) absence means good, as it
// does in Prometheus, or held if the rule has a clear level: there only
// positive evidence clears.
//
// A rule of a rule file (Config.Prometheus) judges as Prometheus does: it knows
// an instance by all its labels, filled in with the rule's own, and absence is
// good. Recording is the other kind of such files. Texts are Prometheus' own
// templates, for all rules.
//
// Level, Peers, PastWeeks and Share stand for an expression, and for a clear
// level, which New writes out: whoever replays, draws or shows a rule sees
// ordinary PromQL. RunsOut is judged by package trend instead, with sightings of
// the same kind; its expression is there to be drawn. The runbook of a rule comes
// with each sighting that is bad.
//
// A Past looks as a Rule does, at instants of the past: the same judge reads its
// answers from one range query for each expression.
package rule
