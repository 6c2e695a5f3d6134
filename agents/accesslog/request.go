package accesslog

import "strings"

// request takes a request line apart, from both ends: what is between method
// and protocol may hold spaces. What is no request line leaves the entry alone.
func (e *Entry) request(s string) {
	method, rest, ok := strings.Cut(s, " ")
	if !ok || !isMethod(method) {
		return
	}
	e.Method = method
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		rest, e.Proto = rest[:i], rest[i+1:]
	}
	e.target(rest)
}

// isMethod tells whether s can be the method of a request.
func isMethod(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (i == 0 || s[i] != '-' && s[i] != '_') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// target takes a path, or a whole URL with its host, as proxies log it.
func (e *Entry) target(s string) {
	if i := strings.Index(s, "://"); i > 0 && isMethod(s[:i]) {
		host, path := s[i+3:], "/"
		if j := strings.IndexAny(host, "/?"); j >= 0 {
			host, path = host[:j], "/"+strings.TrimPrefix(host[j:], "/")
		}
		if e.VHost == "" {
			e.VHost = host
		}
		s = path
	}
	e.Path, _, _ = strings.Cut(s, "?")
}

// escaping is how a server writes what would spoil its lines.
type escaping uint8

const (
	escapeBackslash escaping = iota // \xHH \" \\ \n …, and JSON's \uHHHH
	escapeNone
	escapeHash // #HH
)

// undo returns s as it was before it was escaped. What is no escape stays.
func (k escaping) undo(s string) string {
	mark := byte('\\')
	if k == escapeHash {
		mark = '#'
	}
	i := strings.IndexByte(s, mark)
	if i < 0 || k == escapeNone {
		return s
	}
	out := make([]byte, i, len(s))
	copy(out, s)
	for ; i < len(s); i++ {
		if s[i] != mark || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		var used int
		if k == escapeHash {
			out, used = undoHex(out, s[i+1:], 2)
		} else {
			out, used = undoBackslash(out, s[i+1:])
		}
		if used == 0 {
			out = append(out, mark)
		}
		i += used
	}
	return string(out)
}

// undoBackslash appends what the escape stands for, and returns how many bytes
// behind the backslash it takes.
func undoBackslash(out []byte, s string) ([]byte, int) {
	switch s[0] {
	case 'x':
		out, n := undoHex(out, s[1:], 2)
		return out, n + min(n, 1)
	case 'u':
		out, n := undoHex(out, s[1:], 4)
		return out, n + min(n, 1)
	case '"', '\\', '/':
		return append(out, s[0]), 1
	}
	if i := strings.IndexByte("nrtvbf", s[0]); i >= 0 {
		return append(out, "\n\r\t\v\b\f"[i]), 1
	}
	return out, 0
}

// undoHex appends the byte, or with four digits the character, that hexadecimal
// digits stand for.
func undoHex(out []byte, s string, n int) ([]byte, int) {
	if len(s) < n {
		return out, 0
	}
	v := rune(0)
	for i := range n {
		d := strings.IndexByte("0123456789abcdef", lower(s[i]))
		if d < 0 {
			return out, 0
		}
		v = v<<4 | rune(d)
	}
	if n == 2 {
		return append(out, byte(v)), n
	}
	return append(out, string(v)...), n
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}
