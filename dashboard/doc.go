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
//	hub ── distinct expressions ─► Live Querier ─► round ─┬─► [round|past|state] ─► writer ─► browser
//	       (bounded workers, one deadline)                └─► [round|past|state] ─► writer ─► browser
//
// Invariants:
//
//   - Every route stands in one table with its methods and its least role. What
//     is not in the table is refused.
//   - Without configured tokens only loopback addresses may be listened on
//     (CheckListen), and only requests that name a loopback host are answered,
//     so that no web page can reach the service by rebinding a DNS name. A link
//     in a message works under any name: what it leads to is shown to nobody who
//     does not have it.
//   - Who changes anything leaves a line in the audit log, which only an admin may
//     read; so are the configuration in force, without secrets, and who is let in.
//   - No page of another site has a browser ask here, but those of the origins in
//     embed_from, for one chart (/embed) and pictures (/render).
//   - A round of the hub is encoded once per expression and shared by all
//     clients. A client that is slow skips rounds; the newest state of alerts
//     and hosts waits for it. It never delays the hub or another client.
//   - A new subscription is told its last minutes in what time the round leaves,
//     after the round was given to all others.
//   - A request is read, answered and written within deadlines, and its body,
//     its number of points and its number of parallel queries are bounded.
//   - Queries that reach back for more than a day, or for metrics that they do
//     not name, take half of the places at most: the others never wait for them.
//
// The protocol of /live, in text frames of JSON:
//
//	client  {"subscribe":[{"id":"cpu","expr":"PROMQL"}…]}     replaces all it asked for
//	server  {"type":"past","id":"cpu","step":1,"series":[{"labels":{…},"points":[[1700000000,1.5]…]}…]}
//	server  {"type":"data","t":1700000000,"data":{"cpu":[{"labels":{…},"value":1.5}…]}}
//	server  {"type":"error","id":"cpu","message":"…"}         once per id and message
//	server  {"type":"alerts","alerts":[…]}                    on connect, and on change
//	server  {"type":"hosts","hosts":[…]}                      on connect, and on change
//	server  {"type":"events","events":[…]}                    the newest 20; on connect, and when there are more
//
// A subscription that was not there before, in id and expression, is told its
// past once: the last two minutes, each second, up to about now. It comes before
// the first data frame that has the id, and its newest instants may come again in
// that. Who connects anew has only new subscriptions, and thus misses nothing of
// a short break; who wants the past again asks under another id. There is no past
// frame, only data, when there are more than 24,000 points, when there was no time
// for it in that second, or when the client takes its frames too slowly.
//
// An id without values in a data frame has an error, or was asked for too late
// for it. An error with an empty id is about the message itself, which then
// changed nothing. At shutdown the server closes with the code 1001.
//
// The shapes of the answers under /api/v1 are those of Prometheus 3 (source:
// prometheus/prometheus:web/api/v1). A value that JSON has no number for, NaN
// or an infinity, is a string there, as in Prometheus, and null in /live.
package dashboard
