// Package count makes counters and timings of requests: per interval of the
// requests' own time, per server, virtual host and class of pages.
//
//	Entry ─► server ─► vhost ─► page (class) ─► cell of the interval it ended in
//	                                                     │
//	Cut(limit): the intervals that end by then ──────────┘─► samples
//
// # Series
//
//	http_requests_total{class,vhost,code,method}  counter; code is 1xx … 5xx, or none
//	http_response_bytes_total{class,vhost}        counter, as far as lines tell bytes
//	http_request_duration_seconds{class,vhost}    timing: first byte of the request to last of the response
//	http_upstream_duration_seconds{class,vhost}   timing: what the servers behind took, all tries
//
// each with instance, the server whose log it is, job, and the labels of the
// configuration. vhost is missing where the log does not tell it. An interval
// holds what was finished from its begin on, before its end.
//
// Counters hold running totals, and their Start is the begin of the interval in
// which the series was first counted. At the end of each interval every series
// that was counted in the last Idle gives a sample. One that comes back after it
// was idle longer gives its old total at the begin of the interval as well, so
// that what is new falls to that interval alone.
//
// # Bounds
//
// MaxServers, MaxVHosts of each and MaxClasses of each of those are told apart;
// the rest is "other", as are
// classes beyond MaxPages of all together. What was
// not found (404) makes no class that no rule names: it is other too, so that who
// tries paths does not use up the classes. A page without a request for a day is
// forgotten. Full says that the open intervals have no more room: then
// whoever can wait reads no further.
//
// # Again the same
//
// A snapshot is all that a Table holds. A Table that is restored from one, given
// the same entries and cut at the same limits, gives the same samples, so that a
// store which refuses what it has already counts nothing twice.
//
// # Late and early
//
// An entry of an interval that was cut already counts in the oldest one that is
// open: nothing is lost, and Late counts it. One from more than MaxAhead after
// now counts in the interval that holds now, and under Ahead: its server's clock
// or zone is wrong.
package count
