package snmp

// id finds by what an answer is matched with its request, without reading all
// of it: the request-id of versions 1 and 2c, the msgID of version 3.
//
//	SEQUENCE { INTEGER version, OCTET STRING community, [n] { INTEGER request-id …
//	SEQUENCE { INTEGER 3, SEQUENCE { INTEGER msgID …
//
// RFC 1157, RFC 3416, RFC 3412; lengths are BER's.
func id(message []byte) (uint32, bool) {
	body, _, ok := element(message, 0x30)
	if !ok {
		return 0, false
	}
	version, rest, ok := element(body, 0x02)
	if !ok || len(version) != 1 {
		return 0, false
	}
	if version[0] != 3 {
		if _, rest, ok = element(rest, 0x04); !ok || len(rest) == 0 || rest[0]&0xe0 != 0xa0 {
			return 0, false
		}
	} else if len(rest) == 0 || rest[0] != 0x30 {
		return 0, false
	}
	inner, _, ok := element(rest, rest[0])
	if !ok {
		return 0, false
	}
	n, _, ok := element(inner, 0x02)
	if !ok || len(n) < 1 || len(n) > 5 {
		return 0, false
	}
	var v uint32
	for _, b := range n {
		v = v<<8 | uint32(b)
	}
	return v, true
}

// element splits the element with the given tag off b. One that says that it is
// longer than b is taken to end with it: what is looked for stands in front.
func element(b []byte, tag byte) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	n, b := int(b[1]), b[2:]
	if n >= 0x80 {
		octets := n & 0x7f
		if octets == 0 || octets > 4 || len(b) < octets {
			return nil, nil, false
		}
		n = 0
		for _, o := range b[:octets] {
			n = n<<8 | int(o)
		}
		b = b[octets:]
	}
	n = min(max(n, 0), len(b))
	return b[:n], b[n:], true
}
