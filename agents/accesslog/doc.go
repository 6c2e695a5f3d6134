// Package accesslog reads the access logs of web servers, one line at a time,
// into entries that mean the same whatever server wrote them. It does no I/O and
// reads no clock.
//
//	line ─► Format.Parse ─► Entry, or a *ParseError that quotes the line
//	           │
//	           ├ template   literal field literal field … of a log_format or LogFormat
//	           ├ json       one object a line, by its usual keys
//	           ├ squid      %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt
//	           ├ haproxy    option httplog or httpslog, with or without a syslog header
//	           └ w3c, iis   the fields that #Fields: names, in the log or in the spec
//
// # Formats
//
//	common          %h %l %u %t "%r" %>s %b
//	combined        … "%{Referer}i" "%{User-agent}i", of nginx and Apache
//	vhost_combined  %v:%p before it, as Debian's Apache has it
//	nginx_timed     combined with $request_time behind it: seconds
//	apache_timed    combined with %D behind it: microseconds
//	json            nginx escape=json and others; see below
//	squid, haproxy  their own
//	w3c             W3C's extended format, time-taken in seconds as it says
//	iis             the same as Microsoft's servers write it: milliseconds
//	nginx:…         a log_format, its text alone or the whole directive
//	apache:…        a LogFormat, likewise
//	w3c:…, iis:…    with the fields, for a log that is read from its middle
//
// A line has to fit to its end. So combined does not take a line with a number
// behind it, whose unit nobody told; and the name of a format tells the unit.
// Detect tells which named format lines are of.
//
// A w3c log tells its fields, and may change them: whoever reads one gives each
// line to Heading first and goes on with the format that it returns.
//
// # What an entry says
//
// At is when the response was finished. nginx and squid log that instant; Apache
// (%t without end:) and HAProxy log when the request came, so the duration is
// added where it is known. HAProxy's times have no zone: that of the Format.
//
// Apache's %T in whole seconds and HAProxy's +T of logasap tell no duration
// worth having: it stays not known. Upstream is the sum of all tries, since the
// client waited for all.
//
// Path is without query, and not decoded. What is no request line (a TLS hello,
// an empty line, <BADREQ>) is an entry all the same, without Method and Path: the
// server did answer it.
//
// # What lines may hold
//
// nginx writes \xHH for quotes, backslashes and what is not ASCII, Apache since
// 2.0.46 \xHH, \" and \n, HAProxy #HH; they are undone. A template is matched
// with escaped quotes passed over; if the line does not fit so, once more with
// all quotes alike, for servers that escape nothing: of several ways to cut such
// a line the first counts whose numbers and times are some. User names may hold
// spaces, addresses colons.
//
// # Keys of JSON lines
//
// Names tell units; a bare "duration" is passed over.
//
//	time       time_iso8601 @timestamp time timestamp ts time_local msec
//	           (numbers are Unix seconds, from 1e11 on milliseconds)
//	duration   request_time (s) duration_seconds duration_ms request_time_ms duration_us
//	upstream   upstream_response_time (s)
//	request    request, or request_method method, request_uri uri path url
//	status     status status_code
//	bytes      bytes_sent body_bytes_sent bytes
//	host       server_name vhost host http_host
//	client     remote_addr client_ip remote_ip client
//	others     http_referer referer http_user_agent user_agent upstream_addr
//
// Of the keys in a row the first that has a value counts.
//
// # Sources
//
//	nginx    nginx/nginx src/http/modules/ngx_http_log_module.c, ngx_http_upstream.c
//	Apache   apache/httpd modules/loggers/mod_log_config.c
//	squid    squid-cache/squid src/cf.data.pre, logformat
//	HAProxy  haproxy/haproxy doc/configuration.txt 8.2.3, 8.6
//	W3C      w3.org/TR/WD-logfile; Microsoft's "W3C Logging" of IIS
//
// testdata holds lines of nginx 1.22, Apache 2.4, squid 5.7 and HAProxy 2.6. IIS
// and other writers of W3C's format were not at hand: its tests follow the
// documents.
package accesslog
