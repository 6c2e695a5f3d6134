package line

import "bytes"

// Event is what a program wants told: DogStatsD's _e{…}.
type Event struct {
	Title, Text, Host, Key string
	Priority               string // "normal" or "low"
	Source                 string
	Type                   string // "info", "warning", "error" or "success"
	At                     int64  // seconds since 1970; 0 for now
	Tags                   []byte // as written, without "#"
}

// Check is the result of a service check: DogStatsD's _sc|….
type Check struct {
	Name          string
	Status        int   // 0 ok, 1 warning, 2 critical, 3 unknown
	At            int64 // seconds since 1970; 0 for now
	Host, Message string
	Tags          []byte // as written, without "#"
}

var (
	eventPrefix = []byte("_e{")
	checkPrefix = []byte("_sc|")
)

// event reads
//
//	_e{<title bytes>,<text bytes>}:title|text *( "|" field )
//
// The lengths decide: both strings may hold "|".
func (p *Parser) event(b []byte) Reason {
	head, rest, ok := cut(b[len(eventPrefix):], '}')
	title, text, comma := cut(head, ',')
	titleBytes, textBytes := length(title), length(text)
	if !ok || !comma || titleBytes < 1 || textBytes < 0 || len(rest) < 1+titleBytes+1+textBytes {
		return BadEvent
	}
	bar := 1 + titleBytes
	end := bar + 1 + textBytes
	if rest[0] != ':' || rest[bar] != '|' || end < len(rest) && rest[end] != '|' {
		return BadEvent
	}
	e := &Event{Title: unescape(rest[1:bar]), Text: unescape(rest[bar+1 : end]), Priority: "normal", Type: "info"}
	fields, more := rest[end:], end < len(rest)
	if more {
		fields = fields[1:]
	}
	for more {
		var part []byte
		part, fields, more = cut(fields, '|')
		if r := p.eventField(e, part); r != Good {
			return r
		}
	}
	p.Event = e
	return Good
}

// length reads how many bytes a string has; -1 when b says none that could be.
func length(b []byte) int {
	if len(b) == 0 || len(b) > 7 || digitsOf(b) != len(b) {
		return -1
	}
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}

func (p *Parser) eventField(e *Event, part []byte) Reason {
	if r, known := p.anyField(part, &e.At, &e.Host, &e.Tags, BadEvent); known {
		return r
	}
	key, value, _ := cut(part, ':')
	v := string(value)
	switch string(key) {
	case "k":
		e.Key = v
	case "s":
		e.Source = v
	case "p":
		e.Priority = v
		if v != "normal" && v != "low" {
			return BadEvent
		}
	case "t":
		e.Type = v
		if v != "info" && v != "warning" && v != "error" && v != "success" {
			return BadEvent
		}
	default:
		return BadPart
	}
	return Good
}

// anyField reads the fields that events and checks have in common; known is
// false for all others.
func (p *Parser) anyField(part []byte, at *int64, host *string, tags *[]byte, bad Reason) (r Reason, known bool) {
	switch {
	case len(part) > 0 && part[0] == '#':
		if *tags = bytes.Clone(part[1:]); len(*tags) > p.MaxTags {
			return BadLongTags, true
		}
	case bytes.HasPrefix(part, []byte("d:")):
		var ok bool
		if *at, ok = parseInstant(part[2:]); !ok {
			return bad, true
		}
	case bytes.HasPrefix(part, []byte("h:")):
		*host = string(part[2:])
	case isOrigin(part):
		p.Ignored++
	default:
		return Good, false
	}
	return Good, true
}

// check reads
//
//	_sc|name|status *( "|" field ) [ "|m:" message ]
//
// The message takes all to the end but the origin fields there, which clients
// put behind it.
func (p *Parser) check(b []byte) Reason {
	name, rest, _ := cut(b[len(checkPrefix):], '|')
	status, rest, more := cut(rest, '|')
	if len(name) == 0 || len(status) != 1 || status[0] < '0' || status[0] > '3' {
		return BadServiceCheck
	}
	if len(name) > p.MaxName {
		return BadLongName
	}
	c := &Check{Name: string(name), Status: int(status[0] - '0')}
	for more {
		if message, is := bytes.CutPrefix(rest, []byte("m:")); is {
			c.Message = unescape(bytes.ReplaceAll(p.withoutOrigin(message), []byte(`m\:`), []byte("m:")))
			break
		}
		var part []byte
		part, rest, more = cut(rest, '|')
		r, known := p.anyField(part, &c.At, &c.Host, &c.Tags, BadServiceCheck)
		if !known {
			return BadPart
		}
		if r != Good {
			return r
		}
	}
	p.Check = c
	return Good
}

// withoutOrigin cuts the origin fields off the end of a message.
func (p *Parser) withoutOrigin(b []byte) []byte {
	for {
		bar := bytes.LastIndexByte(b, '|')
		if bar < 0 || !isOrigin(b[bar+1:]) {
			return b
		}
		b = b[:bar]
		p.Ignored++
	}
}

// unescape makes the two characters \n a newline.
func unescape(b []byte) string {
	return string(bytes.ReplaceAll(b, []byte(`\n`), []byte{'\n'}))
}
