// Package dashboards holds, as a test, that dashboards which people have get their
// answers from our agents: it measures with them, asks what the dashboards ask,
// and names what is not answered, with the reason. It has no other code.
//
// The expressions stand in testdata, one a line, with the variables filled in; after
// a tab and # the reason why one has no answer, or "where …" it has one. They
// follow the panels of Node Exporter Full (Grafana's catalogue: 1860), of MySQL
// Overview (7362), and of the dashboards for memcached_exporter (37, memcached-mixin),
// gathered by hand: each metric that they draw, and each form of expression, once.
// Revisions differ in the window of their rates.
package dashboards
