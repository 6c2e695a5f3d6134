package line

import "bytes"

// bare reads a line that is a name and nothing else: it counts one.
func (p *Parser) bare(b []byte) Reason {
	switch {
	case len(b) == 0:
		return BadEmptyName
	case bytes.IndexByte(b, ' ') >= 0 && isGraphite(b):
		return BadGraphite
	case len(b) > p.MaxName:
		return BadLongName
	}
	p.Name = b
	p.one(Counter, 1)
	return Good
}

// timing reads a time in milliseconds, or a yes or no.
func (p *Parser) timing(b []byte, colon int) Reason {
	v, r := parseNumber(trim(b[colon+1:]))
	if r != Good {
		return r
	}
	p.Name = b[:colon]
	if isOK(b) {
		p.Name = b[3:colon]
		k := OK
		if v == 0 {
			k = Fail
		}
		p.one(k, 1)
		return Good
	}
	if v < 0 {
		return BadNegative
	}
	p.one(Millis, v)
	return Good
}

// isOK reports whether the name that b begins with is one of yes or no.
func isOK(b []byte) bool { return len(b) >= 3 && string(b[:3]) == "ok_" }

// isGraphite recognises "path value timestamp".
func isGraphite(b []byte) bool {
	f := 0
	for ; f < 3; f++ {
		word, rest, _ := cut(b, ' ')
		if _, r := parseNumber(word); len(word) == 0 || f > 0 && r != Good {
			return false
		}
		if b = bytes.TrimLeft(rest, " "); len(b) == 0 {
			break
		}
	}
	return f == 2
}
