package syslog

import (
	"strings"
	"time"
)

// Message is a log line as it was sent. Texts are the sender's and may hold
// anything.
type Message struct {
	Host string // "": not told
	App  string
	Text string
	// Params are those of the structured data, by SDID.name; nil for none.
	Params map[string]string
}

// Parse takes a message apart. It never fails: what has no header is all text.
func Parse(s string) Message {
	s = strings.TrimRight(s, "\r\n\x00")
	rest, ok := priority(s)
	if !ok {
		return Message{Text: s}
	}
	if body, is := strings.CutPrefix(rest, "1 "); is {
		if m, ok := modern(body); ok {
			return m
		}
	}
	return old(rest)
}

// priority takes <N> off.
func priority(s string) (rest string, ok bool) {
	end := strings.IndexByte(s, '>')
	if end < 2 || end > 4 || s[0] != '<' || strings.Trim(s[1:end], "0123456789") != "" {
		return s, false
	}
	return s[end+1:], true
}

// modern reads what follows the version in RFC 5424: time, host, application,
// process, message id, structured data, text.
func modern(s string) (Message, bool) {
	var m Message
	for i := range 5 {
		word, rest, ok := strings.Cut(s, " ")
		if !ok {
			return m, false
		}
		s = rest
		switch {
		case word == "-":
		case i == 1:
			m.Host = word
		case i == 2:
			m.App = word
		}
	}
	rest, ok := m.structured(s)
	if !ok {
		return m, false
	}
	rest = strings.TrimPrefix(rest, " ")
	m.Text = strings.TrimPrefix(rest, "\ufeff") // the BOM that says UTF-8
	return m, true
}

// structured takes the structured data off: - or [id name="value" …]….
func (m *Message) structured(s string) (rest string, ok bool) {
	if rest, is := strings.CutPrefix(s, "-"); is {
		return rest, true
	}
	for strings.HasPrefix(s, "[") {
		if s, ok = m.element(s[1:]); !ok {
			return s, false
		}
	}
	return s, ok
}

func (m *Message) element(s string) (rest string, ok bool) {
	end := strings.IndexAny(s, " ]")
	if end < 1 {
		return s, false
	}
	id := s[:end]
	s = s[end:]
	for s != "" {
		if s[0] == ']' {
			return s[1:], true
		}
		name, value, rest, ok := param(strings.TrimLeft(s, " "))
		if !ok {
			return s, false
		}
		if m.Params == nil {
			m.Params = map[string]string{}
		}
		m.Params[id+"."+name] = value
		s = rest
	}
	return s, false
}

// param reads name="value", where \ stands before " \ and ].
func param(s string) (name, value, rest string, ok bool) {
	name, s, ok = strings.Cut(s, `="`)
	if !ok || strings.ContainsAny(name, " ]") {
		return "", "", "", false
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return name, out.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`"\]`, s[i+1]) >= 0:
			i++
		}
		out.WriteByte(s[i])
	}
	return "", "", "", false
}

const stamp = "Jan _2 15:04:05"

// old reads what follows the priority in RFC 3164, as far as it is there: a time,
// in one of two forms, a host, and a tag that ends in a colon.
func old(s string) Message {
	m := Message{Text: s}
	if len(s) > len(stamp) && s[len(stamp)] == ' ' && isStamp(s[:len(stamp)]) {
		s = s[len(stamp)+1:]
	} else if word, rest, ok := strings.Cut(s, " "); ok && isISO(word) {
		s = rest
	} else {
		return m
	}
	first, rest, ok := strings.Cut(s, " ")
	if !ok {
		m.Text = s
		return m
	}
	if tag, is := tagOf(first); is { // no host
		m.App, m.Text = tag, rest
		return m
	}
	second, text, ok := strings.Cut(rest, " ")
	if tag, is := tagOf(second); ok && is {
		m.Host, m.App, m.Text = first, tag, text
		return m
	}
	m.Host, m.Text = first, rest
	return m
}

func isStamp(s string) bool {
	_, err := time.Parse(stamp, s)
	return err == nil
}

func isISO(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// tagOf reads NAME: or NAME[PID]:.
func tagOf(s string) (name string, is bool) {
	s, is = strings.CutSuffix(s, ":")
	if !is || s == "" || len(s) > 48 {
		return "", false
	}
	if i := strings.IndexByte(s, '['); i > 0 && strings.HasSuffix(s, "]") {
		s = s[:i]
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && strings.IndexByte("0123456789-_./", s[i]) < 0 {
			return "", false
		}
	}
	return s, true
}
