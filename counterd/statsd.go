package counterd

import "bytes"

// statsd reads name:values|type with what follows it:
//
//	name ":" values "|" type *( "|" option ) [ ":" values "|" type … ]
//
// Another sample may follow a type or a rate (statsd/statsd stats.js, which
// splits the line at ":"); tags and origin fields may hold ":" themselves.
func (l *line) statsd(b []byte, colon, bar int) reason {
	if b[0] == '_' {
		if bytes.HasPrefix(b, []byte("_e{")) {
			return badEvent
		}
		if bytes.HasPrefix(b, []byte("_sc|")) {
			return badServiceCheck
		}
	}
	if colon < 0 || colon > bar {
		return badNoValue
	}
	l.name = b[:colon]
	values, rest, has := b[colon+1:bar], b[bar+1:], true
	for more := true; more; {
		if !has {
			return badNoType
		}
		var part []byte
		part, rest, has = cut(rest, '|')
		var next []byte
		part, next, more = cut(part, ':')
		k, ok := kindOf(part)
		if !ok {
			return badType
		}
		first := len(l.samples)
		if r := l.values(k, values); r != good {
			return r
		}
		for has && !more {
			var r reason
			part, rest, has = cut(rest, '|')
			if next, more, r = l.option(part, l.samples[first:]); r != good {
				return r
			}
		}
		values = next
	}
	return good
}

// cut is bytes.Cut with one byte to look for, which is faster.
func cut(b []byte, sep byte) (before, after []byte, found bool) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}

func kindOf(b []byte) (kind, bool) {
	switch string(b) {
	case "c":
		return counter, true
	case "ms", "h":
		return millis, true
	case "d":
		return distrib, true
	case "g":
		return gauge, true
	case "s":
		return set, true
	}
	return 0, false
}

// values appends what stands between the name and "|": one value, or several
// packed with ":". A set takes it as one string.
func (l *line) values(k kind, b []byte) reason {
	if k == set {
		if len(b) == 0 {
			return badNoValue
		}
		l.samples = append(l.samples, sample{kind: set, member: b, rate: 1})
		return good
	}
	for more := true; more; {
		var word []byte
		word, b, more = cut(b, ':')
		word = trim(word)
		s := sample{kind: k, rate: 1}
		if k == gauge && len(word) > 0 {
			s.delta = word[0] == '+' || word[0] == '-'
			if word[0] == '=' {
				word = word[1:]
			}
		}
		v, r := parseNumber(word)
		if r != good {
			return r
		}
		if v < 0 && (k == counter || k == millis) {
			return badNegative
		}
		if v > maxCount && k == counter {
			return badTooLarge
		}
		s.value = v
		l.samples = append(l.samples, s)
	}
	return good
}

// option reads one part after the type. When values of a further sample follow,
// it returns them and true.
func (l *line) option(part []byte, of []sample) (next []byte, more bool, r reason) {
	switch {
	case len(part) == 0:
		return nil, false, badPart
	case part[0] == '@':
		part, next, more = cut(part[1:], ':')
		rate, r := parseNumber(trim(part))
		if r != good || rate < 1/maxWeight || rate > 1 {
			return nil, false, badRate
		}
		for i := range of {
			of[i].rate = rate
		}
		return next, more, good
	case part[0] == '#' && l.tags == nil:
		l.tags = part[1:]
	case part[0] == 'T':
		return nil, false, badTimestamp
	case bytes.HasPrefix(part, []byte("c:")), bytes.HasPrefix(part, []byte("e:")), bytes.HasPrefix(part, []byte("card:")):
		l.ignored++
	default:
		return nil, false, badPart
	}
	return nil, false, good
}

// trim drops spaces at both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}
