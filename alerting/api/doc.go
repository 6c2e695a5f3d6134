// Package api is how people and programs act on alerts over HTTP: they say that
// they take care, that something is to be quiet, and who is on call; and they
// look at all that is known of one alert.
//
//	GET    alert?id=                    the alert, its history, who was told, its episodes
//	GET    episodes?since=30d&limit=    troubles and what became of them, newest first
//	POST   ack                          {"id", "ids" or "match", "by", "note", "for", "sticky"}
//	DELETE ack?id= or ?match=, &by=
//	POST   acted                        {"episode", "what"}
//	GET    silences, downtimes          those that are not over, with the alerts that they pick
//	POST   silences                     {"match" or "all", "from", "until" or "for", "by", "note", "dry_run"}
//	POST   downtimes                    these, and "flexible", "times", "timezone"
//	DELETE silences, downtimes ?id=&by=
//	GET    oncall                       of each rota who is on call, the next shifts, and overrides
//	POST   overrides                    {"rota", "contact", "from", "until" or "for", "by", "note"}
//	DELETE overrides?id=&by=
//
// All stand below Path. Who may ask is decided before: the dashboard's access
// table has a line for each. Where tokens are configured, "by" is the name of the
// token; else the request gives it, and must.
//
// Invariants:
//   - What is sent is read strictly: an unknown key, of the body or of the
//     address, is an error that quotes it.
//   - A request that names one alert does all or nothing. One that names many is
//     done alert by alert, and its answer says which failed and why.
//   - Nothing is decided here: the engine keeps the rules, the ledger and the
//     history.
//
// Errors look as those of Prometheus' API: {"status":"error","errorType","error"}.
package api
