// Package dashboard is what people and other programs see of Plimsoll: the
// Prometheus HTTP API and Plimsoll's own, the live websocket, the web pages, and
// the access control in front of all of them.
//
//	                    ┌ panics, metrics ┬ Host, origin ┬ who, which role ┐
//	browser, Grafana ──►│     observe     │    guard     │      guard      │──► route ─► History Querier
//	agent               └─────────────────┴──────────────┴─────────────────┘      │
//	                                                                              └─ /live ─► hub
//
//	       once a second                       one mailbox per connection
//	hub ── distinct expressions ─► Live Querier ─► round ─┬─► [round|state] ─► writer ─► browser
//	       (bounded workers, one deadline)                └─► [round|state] ─► writer ─► browser
//
// Invariants:
//
//   - Every route stands in one table with its methods and its least role. What
//     is not in the table is refused.
//   - Without configured tokens only loopback addresses may be listened on
//     (CheckListen), and only requests that name a loopback host are answered,
//     so that no web page can reach the service by rebinding a DNS name.
//   - A round of the hub is encoded once per expression and shared by all
//     clients. A client that is slow skips rounds; the newest state of alerts
//     and hosts waits for it. It never delays the hub or another client.
//   - A request is read, answered and written within deadlines, and its body,
//     its number of points and its number of parallel queries are bounded.
//
// The protocol of /live, in text frames of JSON:
//
//	client  {"subscribe":[{"id":"cpu","expr":"PROMQL"}…]}     replaces all it asked for
//	server  {"type":"data","t":1700000000,"data":{"cpu":[{"labels":{…},"value":1.5}…]}}
//	server  {"type":"error","id":"cpu","message":"…"}         once per id and message
//	server  {"type":"alerts","alerts":[…]}                    on connect, and on change
//	server  {"type":"hosts","hosts":[…]}                      on connect, and on change
//
// An id without values in a data frame has an error, or was asked for too late
// for it. An error with an empty id is about the message itself, which then
// changed nothing. At shutdown the server closes with the code 1001.
//
// The shapes of the answers under /api/v1 are those of Prometheus 3 (source:
// prometheus/prometheus:web/api/v1). A value that JSON has no number for, NaN
// or an infinity, is a string there, as in Prometheus, and null in /live.
package dashboard
