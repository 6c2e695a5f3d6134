// Package line is the grammar of every dialect that counterd reads: one line in,
// its samples, event or check out, or the reason why not. It does no I/O, reads
// no clock, and makes no garbage for lines with values.
//
//	lines   = line *( LF line )          ; one CR before LF, and spaces at both
//	                                     ; ends, are dropped; empty lines are nothing
//	line    = flickr / statsd / event / check
//	flickr  = name                       ; no "|" in it
//	        / name ":" number            ; the first ":" ends the name
//	statsd  = name ":" metric *( ":" metric )
//	metric  = values "|" type *( "|" option )
//	values  = number *( ":" number )     ; spaces around a number are dropped
//	        / 1*char                     ; of a set: all to the "|", ":" too
//	type    = "c" / "ms" / "h" / "d" / "g" / "s"
//	option  = "@" number                 ; the rate of this metric, 1e-9 to 1
//	        / "#" [ tag *( "," tag ) ]   ; of the whole line, once
//	        / "T" 1*15digit              ; of the whole line, once, more than 0
//	        / origin
//	tag     = key [ ":" value ]
//	origin  = ( "c:" / "e:" / "card:" ) *char
//	number  = [ "+" / "-" ] ( digits [ "." [ digits ] ] / "." digits ) [ exponent ]
//	event   = "_e{" bytes "," bytes "}:" title "|" text *( "|" field )
//	check   = "_sc|" name "|" ( "0" / "1" / "2" / "3" ) *( "|" field ) [ "|m:" message ]
//	field   = "d:" digits / "h:" host / "#" tags / origin
//	        / "k:" key / "s:" source     ; these four of an event alone
//	        / "p:" ( "normal" / "low" )
//	        / "t:" ( "info" / "warning" / "error" / "success" )
//
// Options and fields stand in any order. Another metric of the same name may
// follow a type or a rate; after tags, time or origin, which may hold ":"
// themselves, none does. What is between the name and the first "|" belongs to
// the first type: "a:1:2|ms" is DogStatsD's packing, "a:1|c:2|c" is etsy's.
//
// # What it means
//
//	page_view                  Counter 1
//	db-query:250               Millis 250
//	ok_login:1  ok_login:0     OK, Fail of login: any number but 0 is OK
//	hits:3|c|@0.1              Counter 3 at rate 0.1: stands for 30
//	upload:320|ms  …|h         Millis 320. At a rate, its weight is 1/rate
//	size:-512|d                Value, in the sender's own unit; may be negative
//	temp:21|g  =21|g  =-5|g    Gauge, set
//	temp:+2|g  -2|g            Gauge, raised and lowered: Delta
//	users:bob|s                Set with the member bob
//	a:1|c|#web,host:a          labels {web="true", host="a"}; of equal keys the
//	                           last counts, an empty value is no label
//	a:1|c|T1700000000          At: belongs to that second. Counters and gauges only
//	a:1|c|c:id|e:data|card:low origin of the line: Ignored 3
//
// Gauges and sets have no use for a rate. In the texts of events and in the
// message of a check, the two characters \n become a newline, and m\: becomes m:
// in the latter. The lengths of an event count bytes, as sent, and alone say
// where its title and text end: both may hold "|"; a raw LF none may, since it
// ends a line. Clients put origin fields behind the message of a check, which is
// otherwise the last: they are taken off it.
//
// # What is refused
//
// A line counts whole or not at all. Refused are control characters (a tab may
// stand in events and checks), what is not UTF-8, names and tags beyond MaxName
// and MaxTags, numbers in hexadecimal or with "_" or that are not finite,
// magnitudes beyond 1e100, counts beyond 2^53 or that stand for more at their
// rate, negative counts and times, rates not in (0, 1], types and parts that are
// not listed above, and lines for Graphite's port. Reason tells them apart.
//
// # Names
//
// MetricName makes [a-zA-Z0-9_:] of a name: every other character turns into
// "_", and a digit in front gets one before it. Counters end in _total, times in
// _seconds, neither is doubled. Labels does the same to the keys of tags, and
// refuses those without a key, those that begin with "__", and "quantile" on
// Millis and Value.
//
// # Sources
//
//	Flickr      iamcal/Flickr-StatsD lib/Flickr/StatsD.pm, clients
//	statsd      statsd/statsd stats.js, lib/helpers.js, docs/metric_types.md
//	DogStatsD   docs.datadoghq.com/extend/dogstatsd/datagram_shell, versions 1.0
//	            to 1.3; DataDog/datadog-go statsd/format.go for the order in
//	            which clients write
//
// Where they differ from this: etsy counts every unknown type as a counter, lets
// rates of 0 and hexadecimal pass, and reads all after "|#" as tags; DogStatsD's
// h is a distribution without a unit, here it is milliseconds, as etsy's clients
// mean it. testdata/conformance.tsv shows each case.
package line
