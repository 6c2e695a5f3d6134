package line

import "bytes"

// statsd reads name:values|type with what follows it:
//
//	name ":" values "|" type *( "|" option ) [ ":" values "|" type … ]
//
// Another sample may follow a type or a rate (statsd/statsd stats.js, which
// splits the line at ":"); tags and origin fields may hold ":" themselves.
func (p *Parser) statsd(b []byte, colon, bar int) Reason {
	if colon < 0 || colon > bar {
		return BadNoValue
	}
	p.Name = b[:colon]
	values, rest, has := b[colon+1:bar], b[bar+1:], true
	for more := true; more; {
		if !has {
			return BadNoType
		}
		var part, next []byte
		part, rest, has = cut(rest, '|')
		part, next, more = cut(part, ':')
		k, ok := kindOf(part)
		if !ok {
			return BadType
		}
		first := len(p.Samples)
		if r := p.values(k, values); r != Good {
			return r
		}
		for has && !more {
			var r Reason
			part, rest, has = cut(rest, '|')
			if next, more, r = p.option(part, p.Samples[first:]); r != Good {
				return r
			}
		}
		values = next
	}
	return p.instant()
}

// instant refuses a time on what has none: only counts and gauges do.
func (p *Parser) instant() Reason {
	if p.At == 0 {
		return Good
	}
	for i := range p.Samples {
		if k := p.Samples[i].Kind; k != Counter && k != Gauge {
			return BadTimestamp
		}
	}
	return Good
}

func kindOf(b []byte) (Kind, bool) {
	switch string(b) {
	case "c":
		return Counter, true
	case "ms", "h":
		return Millis, true
	case "d":
		return Value, true
	case "g":
		return Gauge, true
	case "s":
		return Set, true
	}
	return 0, false
}

// values appends what stands between the name and "|": one value, or several
// packed with ":". A set takes it as one string.
func (p *Parser) values(k Kind, b []byte) Reason {
	if k == Set {
		if len(b) == 0 {
			return BadNoValue
		}
		p.Samples = append(p.Samples, Sample{Kind: Set, Member: b, Rate: 1})
		return Good
	}
	for more := true; more; {
		var word []byte
		word, b, more = cut(b, ':')
		p.Samples = append(p.Samples, Sample{Kind: k, Rate: 1})
		if r := p.Samples[len(p.Samples)-1].read(trim(word), p.SignedGauges); r != Good {
			return r
		}
	}
	return Good
}

// read reads one number as a value of the sample's kind. The sign of a gauge
// belongs to its value when signed, else it means a step.
func (s *Sample) read(word []byte, signed bool) (r Reason) {
	if s.Kind == Gauge && len(word) > 0 {
		s.Delta = !signed && (word[0] == '+' || word[0] == '-')
		if word[0] == '=' {
			word = word[1:]
		}
	}
	s.Value, r = parseNumber(word)
	switch {
	case r != Good:
		return r
	case s.Value < 0 && (s.Kind == Counter || s.Kind == Millis):
		return BadNegative
	case s.Value > maxCount && s.Kind == Counter:
		return BadTooLarge
	}
	return Good
}

// option reads one part after the type. When values of a further sample follow,
// it returns them and true.
func (p *Parser) option(part []byte, of []Sample) (next []byte, more bool, r Reason) {
	switch {
	case len(part) == 0:
		return nil, false, BadPart
	case part[0] == '@':
		part, next, more = cut(part[1:], ':')
		return next, more, rate(part, of)
	case part[0] == '#' && p.Tags == nil:
		p.Tags = part[1:]
		return nil, false, Good
	case part[0] == 'T' && p.At == 0:
		at, ok := parseInstant(part[1:])
		if !ok {
			return nil, false, BadTimestamp
		}
		p.At = at
		return nil, false, Good
	case isOrigin(part):
		p.Ignored++
		return nil, false, Good
	}
	return nil, false, BadPart
}

// rate gives the samples the rate of which they are. What a count stands for
// is bounded like the count itself.
func rate(b []byte, of []Sample) Reason {
	v, r := parseNumber(trim(b))
	if r != Good || v < 1/maxWeight || v > 1 {
		return BadRate
	}
	for i := range of {
		of[i].Rate = v
		if of[i].Kind == Counter && of[i].Value/v > maxCount {
			return BadTooLarge
		}
	}
	return Good
}

// isOrigin recognises the fields that say where a line comes from: the
// container, external data of the pod, the cardinality of tags wanted.
func isOrigin(part []byte) bool {
	return bytes.HasPrefix(part, []byte("c:")) || bytes.HasPrefix(part, []byte("e:")) || bytes.HasPrefix(part, []byte("card:"))
}
