package cluster

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// known are the tags that are looked for; text between them means nothing.
var known = [...]string{
	"EXTRA_ELEMENT", "METRIC", "/METRIC", "HOST", "/HOST", "CLUSTER", "/CLUSTER", "/GRID", "/GANGLIA_XML",
}

// maxTagBytes bounds a tag: what is longer is no tag of Ganglia's.
const maxTagBytes = 16 << 10

// maxBad is how many bad tags are passed by before the rest is given up: each
// may cost the reading of maxTagBytes.
const maxBad = 1000

// tag is one start or end tag.
type tag struct {
	name  string
	attrs []attr
	empty bool   // it ends with "/>"
	text  string // its begin, for messages
}

type attr struct{ name, value string }

func (t tag) get(name string) string {
	for _, a := range t.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// scanner finds tags.
type scanner struct {
	data     []byte
	attrs    []attr // reused
	bad      int
	firstBad string
}

// next returns the next tag that is whole.
func (s *scanner) next() (tag, bool) {
	for {
		i := bytes.IndexByte(s.data, '<')
		if i < 0 || s.bad > maxBad {
			return tag{}, false
		}
		s.data = s.data[i+1:]
		name := tagName(s.data)
		if name == "" {
			continue
		}
		t, length := s.read(name)
		if length < 0 {
			s.blame(excerpt(s.data))
			continue
		}
		s.data = s.data[length:]
		return t, true
	}
}

// blame counts a bad tag.
func (s *scanner) blame(text string) {
	s.bad++
	if s.firstBad == "" {
		s.firstBad = text
	}
}

// excerpt is the first line of data, as far as it is needed to find it again.
func excerpt(data []byte) string {
	const enough = 120
	line, _, _ := bytes.Cut(data[:min(len(data), enough)], []byte("\n"))
	return "<" + strings.ToValidUTF8(string(line), "?")
}

// tagName returns the known tag that data, behind "<", begins with.
func tagName(data []byte) string {
	for _, name := range known {
		if len(data) > len(name) && string(data[:len(name)]) == name && isTagEnd(data[len(name)]) {
			return name
		}
	}
	return ""
}

func isTagEnd(c byte) bool { return isSpace(c) || c == '>' || c == '/' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// read reads the tag with this name and returns its length, or -1 for one that
// has no end.
func (s *scanner) read(name string) (tag, int) {
	data := s.data[:min(len(s.data), maxTagBytes)]
	s.attrs = s.attrs[:0]
	i := len(name)
	for {
		for i < len(data) && isSpace(data[i]) {
			i++
		}
		if n, empty := closing(data[i:]); n > 0 {
			t := tag{name: name, attrs: s.attrs, empty: empty, text: excerpt(data[:i+n])}
			return t, i + n
		}
		key, value, n := attribute(data[i:])
		if n < 0 {
			return tag{}, -1
		}
		s.attrs = append(s.attrs, attr{key, text(value)})
		i += n
	}
}

// closing returns the length of ">" or "/>" at the begin of data, else 0.
func closing(data []byte) (n int, empty bool) {
	switch {
	case len(data) > 0 && data[0] == '>':
		return 1, false
	case len(data) > 1 && data[0] == '/' && data[1] == '>':
		return 2, true
	}
	return 0, false
}

// attribute reads NAME="value" and returns its length, or -1 if there is none.
func attribute(data []byte) (name string, value []byte, n int) {
	n = nameLength(data)
	if n == 0 || len(data) < n+2 || data[n] != '=' || data[n+1] != '"' {
		return "", nil, -1
	}
	from := n + 2
	for i := from; i < len(data); i++ {
		switch {
		case data[i] == '"' && endsValue(data[i+1:]):
			return string(data[:n]), data[from:i], i + 1
		case data[i] == '\n' && beginsTag(data[i+1:]):
			return "", nil, -1
		}
	}
	return "", nil, -1
}

// nameLength is how many bytes of an attribute's name data begins with.
func nameLength(data []byte) int {
	n := slices.IndexFunc(data, func(c byte) bool { return c != '_' && (c < 'A' || c > 'Z') })
	return max(n, 0)
}

// endsValue says whether what follows a quote is the rest of a tag.
func endsValue(after []byte) bool {
	i := 0
	for i < len(after) && isSpace(after[i]) {
		i++
	}
	if n, _ := closing(after[i:]); n > 0 {
		return true
	}
	n := nameLength(after[i:])
	return i > 0 && n > 0 && len(after) > i+n && after[i+n] == '='
}

// beginsTag says whether a line begins with one of the known tags.
func beginsTag(line []byte) bool {
	return len(line) > 0 && line[0] == '<' && tagName(line[1:]) != ""
}

// text decodes what stands between quotes.
func text(raw []byte) string {
	s := string(raw)
	if !utf8.Valid(raw) {
		s = latin1(raw)
	}
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return html.UnescapeString(s)
}

func latin1(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		b.WriteRune(rune(c))
	}
	return b.String()
}
