package accesslog

import (
	"strings"
	"time"
)

// W3C's extended format tells its fields in the log itself, anew whenever they
// change:
//
//	#Software: Microsoft Internet Information Services 10.0
//	#Fields: date time cs-method cs-uri-stem sc-status time-taken
//	2026-11-21 13:24:46 GET /a 200 15
//
// (w3.org/TR/WD-logfile). There time-taken is in seconds; Microsoft's servers
// write milliseconds, and say in #Software who they are.
const (
	nameW3C = "w3c"
	nameIIS = "iis"
)

// extended is what is known of such a log.
type extended struct {
	fields []string // none: the log has not told them yet
	unit   time.Duration
}

// newExtended reads w3c, iis, or either with its fields behind a colon; nil is
// neither.
func newExtended(spec string) *extended {
	name, fields, _ := strings.Cut(spec, ":")
	switch name {
	case nameW3C:
		return &extended{strings.Fields(fields), time.Second}
	case nameIIS:
		return &extended{strings.Fields(fields), time.Millisecond}
	}
	return nil
}

// Heading reports whether line is no request but tells of those behind it, and
// returns their format.
func (f *Format) Heading(line string) (behind *Format, is bool) {
	if f.extended == nil || !strings.HasPrefix(line, "#") {
		return f, false
	}
	key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
	name, fields := nameW3C, f.extended.fields
	if f.extended.unit == time.Millisecond {
		name = nameIIS
	}
	switch strings.ToLower(key) {
	case "#software":
		name = nameW3C
		if strings.Contains(value, "Microsoft") {
			name = nameIIS
		}
	case "#fields":
		if fields = strings.Fields(value); len(fields) > maxFields {
			fields = fields[:maxFields] // lines will not fit: each is counted as bad
		}
	default:
		return f, true
	}
	spec := name + ":" + strings.Join(fields, " ")
	return &Format{spec: spec, zone: f.zone, parse: parseExtended, extended: newExtended(spec)}, true
}

// Follows reports whether f is what the headings of a log of the format g may
// have told.
func (f *Format) Follows(g *Format) bool { return f.extended != nil && g.extended != nil }

func parseExtended(f *Format, line string, e *Entry) error {
	x := f.extended
	if len(x.fields) == 0 {
		return bad(BadShape, line, "no #Fields: came before it")
	}
	date, clock := "", ""
	rest := line
	for _, name := range x.fields {
		value, behind, ok := word(rest)
		if !ok {
			return bad(BadShape, line, "fewer fields than the %q of its log", strings.Join(x.fields, " "))
		}
		rest = behind
		switch {
		case value == "-":
		case name == "date":
			date = value
		case name == "time":
			clock = value
		case !x.set(e, name, value):
			return bad(BadNumber, line, "%s is %q", name, value)
		}
	}
	if rest != "" {
		return bad(BadShape, line, "more fields than the %q of its log", strings.Join(x.fields, " "))
	}
	at, err := time.Parse("2006-01-02 15:04:05.999", date+" "+clock)
	if err != nil || !sane(at) {
		return bad(BadTime, line, "%q", date+" "+clock)
	}
	e.At = at
	return nil
}

// word takes a field off s: up to a space or tab, or in quotes, which are
// doubled within.
func word(s string) (value, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	if s[0] != '"' {
		if i := strings.IndexAny(s, " \t"); i >= 0 {
			return s[:i], s[i+1:], true
		}
		return s, "", true
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
		case i+1 < len(s) && s[i+1] == '"':
			i++
		case i+1 == len(s):
			return strings.ReplaceAll(s[1:i], `""`, `"`), "", true
		default:
			return strings.ReplaceAll(s[1:i], `""`, `"`), s[i+2:], s[i+1] == ' ' || s[i+1] == '\t'
		}
	}
	return "", "", false
}

// set takes a field that is not empty.
func (x *extended) set(e *Entry, name, value string) (ok bool) {
	switch strings.ToLower(name) {
	case "c-ip", "c-dns":
		e.Client = value
	case "cs-method":
		setMethod(e, value)
	case "cs-uri-stem", "cs-uri":
		e.target(value)
	case "cs-version", "cs-protocol-version":
		e.Proto = value
	case "sc-status":
		e.Status, ok = statusOf(value)
		return ok
	case "sc-bytes":
		e.Bytes, ok = whole(value)
		return ok
	case "time-taken":
		e.Duration, ok = elapsed(value, x.unit)
		e.DurationKnown = ok
		return ok
	case "cs-host", "cs(host)", "x-host-header":
		e.VHost = value
	case "cs(referer)":
		e.Referer = value
	case "cs(user-agent)":
		e.UserAgent = strings.ReplaceAll(value, "+", " ") // which servers write for spaces
	case "s-ip", "s-computername":
		e.Server = value
	}
	return true
}

// detectExtended returns the format that the headings among lines tell, and how
// many lines are of it.
func detectExtended(lines []string, zone *time.Location) (*Format, int) {
	f, err := New(nameW3C, zone)
	if err != nil {
		return nil, 0
	}
	n := 0
	var e Entry
	for _, line := range lines {
		behind, is := f.Heading(line)
		f = behind
		if is || f.Parse(line, &e) == nil {
			n++
		}
	}
	if len(f.extended.fields) == 0 {
		return nil, 0
	}
	return f, n
}
