package accesslog

import (
	"strings"
	"time"
)

const layoutHAProxy = "02/Jan/2006:15:04:05.000"

// parseHAProxy reads a line of option httplog. The date in brackets tells where
// it begins; before the client's address there may be a syslog header. Behind
// the date stand:
//
//	frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cc cs tsc
//	ac/fc/bc/sc/rc sq/bq [{captures} …] "request" [more of httpslog]
func parseHAProxy(f *Format, line string, e *Entry) error {
	before, clock, rest, ok := bracketed(line)
	if !ok {
		return bad(BadShape, line, "no [%s] in it", layoutHAProxy)
	}
	at, err := time.ParseInLocation(layoutHAProxy, clock, f.zone)
	if err != nil || !sane(at) {
		return bad(BadTime, line, "%q", clock)
	}
	e.Client = withoutPort(before[strings.LastIndexByte(before, ' ')+1:])
	words := strings.SplitN(rest, " ", 11)
	if len(words) < 11 {
		return bad(BadShape, line, "%d words behind the date", len(words))
	}
	e.Server = words[1]
	if err := e.haproxyTimes(words[2], line); err != nil {
		return err
	}
	if e.Status, ok = statusOf(words[3]); !ok {
		return bad(BadNumber, line, "status is %q", words[3])
	}
	if e.Bytes, ok = whole(strings.TrimPrefix(words[4], "+")); !ok {
		return bad(BadNumber, line, "bytes are %q", words[4])
	}
	if strings.Count(words[8], "/") != 4 || !strings.Contains(words[9], "/") {
		return bad(BadShape, line, "connections are %q, queues %q", words[8], words[9])
	}
	first, last := strings.IndexByte(words[10], '"'), strings.LastIndexByte(words[10], '"')
	if first < 0 || last == first {
		return bad(BadShape, line, "no request in quotes")
	}
	e.request(escapeHash.undo(words[10][first+1 : last]))
	e.At = at.Add(e.Duration).UTC()
	return nil
}

// bracketed finds the date, which alone has its length and its last bracket
// before a space.
func bracketed(line string) (before, clock, after string, ok bool) {
	for from := 0; ; {
		i := strings.Index(line[from:], " [")
		if i < 0 {
			return "", "", "", false
		}
		from += i + 2
		end := from + len(layoutHAProxy)
		if end+2 <= len(line) && line[end:end+2] == "] " && line[from+2] == '/' {
			return line[:from-2], line[from:end], line[end+2:], true
		}
	}
}

func withoutPort(s string) string {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && digits(s[i+1:]) {
		return s[:i]
	}
	return s
}

// haproxyTimes reads TR/Tw/Tc/Tr/Ta, in milliseconds, -1 for what was not
// reached. Tr is the server's own time.
func (e *Entry) haproxyTimes(s, line string) error {
	times := strings.Split(s, "/")
	if len(times) != 5 {
		return bad(BadShape, line, "times are %q, not TR/Tw/Tc/Tr/Ta", s)
	}
	for i, text := range times {
		v, ok := elapsed(text, time.Millisecond)
		logASAP := i == 4 && strings.HasPrefix(text, "+")
		if !ok && text != "-1" && !logASAP {
			return bad(BadNumber, line, "times are %q", s)
		}
		switch {
		case !ok:
		case i == 3:
			e.Upstream, e.UpstreamKnown = v, true
		case i == 4:
			e.Duration, e.DurationKnown = v, true
		}
	}
	return nil
}
