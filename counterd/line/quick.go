package line

// quick reads the lines that nearly all are: a name that ends at colon, one
// short number without a sign, then the end (a timing of Flickr's), or a type
// with or without options. It reports false for all others, the bad ones too:
// parseAny knows why.
func (p *Parser) quick(b []byte, colon int) bool {
	v, size := shortNumber(b[colon+1:])
	if size == 0 {
		return false
	}
	rest := b[colon+1+size:]
	if len(rest) == 0 {
		p.Name = b[:colon]
		p.one(Millis, v)
		return !isOK(b)
	}
	k, size := kindAt(rest)
	if size == 0 {
		return false
	}
	p.Name = b[:colon]
	p.one(k, v)
	return size == len(rest) || p.quickOptions(rest[size+1:])
}

// kindAt reads "|" and a type of numbers, up to the next "|" or the end, and
// returns how many bytes they take; 0 when there is no such type.
func kindAt(b []byte) (k Kind, size int) {
	if len(b) < 2 || b[0] != '|' {
		return 0, 0
	}
	size = 2
	switch b[1] {
	case 'c':
		k = Counter
	case 'g':
		k = Gauge
	case 'h':
		k = Millis
	case 'd':
		k = Value
	case 'm':
		if len(b) < 3 || b[2] != 's' {
			return 0, 0
		}
		k, size = Millis, 3
	default:
		return 0, 0
	}
	if len(b) > size && b[size] != '|' {
		return 0, 0
	}
	return k, size
}

// quickOptions reads what follows the type of the only sample.
func (p *Parser) quickOptions(rest []byte) bool {
	if !isASCII(rest) {
		return false
	}
	for more := true; more; {
		var part []byte
		part, rest, more = cut(rest, '|')
		if _, another, r := p.option(part, p.Samples); another || r != Good {
			return false
		}
	}
	return len(p.Tags) <= p.MaxTags && p.instant() == Good
}
