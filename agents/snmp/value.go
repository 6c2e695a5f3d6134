package snmp

import (
	"math"
	"strconv"
	"strings"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/mib"
)

// class is what a value is, as far as it matters here.
type class uint8

const (
	nothing class = iota // there is no such object or instance
	ended                // the walk is at the end of what the device shows
	number
	counter32
	counter64
	text
)

// value is what a device answered for one object.
type value struct {
	class  class
	whole  uint64  // of counters
	number float64 // of numbers
	text   string
}

func valueOf(p gosnmp.SnmpPDU) value {
	switch p.Type {
	case gosnmp.EndOfMibView:
		return value{class: ended}
	case gosnmp.Counter32:
		v, ok := p.Value.(uint)
		return orNothing(ok, value{class: counter32, whole: uint64(v)})
	case gosnmp.Counter64:
		v, ok := p.Value.(uint64)
		return orNothing(ok, value{class: counter64, whole: v})
	case gosnmp.OctetString:
		b, ok := p.Value.([]byte)
		return orNothing(ok, value{class: text, text: mib.Text(b)})
	case gosnmp.ObjectIdentifier, gosnmp.IPAddress:
		s, ok := p.Value.(string)
		return orNothing(ok, value{class: text, text: strings.TrimPrefix(s, ".")})
	}
	return numberOf(p.Value)
}

// numberOf converts the other types, whatever Go type gosnmp gave them.
func numberOf(any any) value {
	v := value{class: number}
	switch n := any.(type) {
	case int:
		v.number = float64(n)
	case uint:
		v.number = float64(n)
	case uint32:
		v.number = float64(n)
	case uint64:
		v.number = float64(n)
	case float32:
		v.number = float64(n)
	case float64:
		v.number = n
	default:
		return value{}
	}
	return orNothing(!math.IsNaN(v.number) && !math.IsInf(v.number, 0), v)
}

func orNothing(ok bool, v value) value {
	if !ok {
		return value{}
	}
	return v
}

// float returns a value as a number; a text may be one, as some agents write
// fractions so.
func (v value) float() (float64, bool) {
	switch v.class {
	case number:
		return v.number, true
	case counter32, counter64:
		return float64(v.whole), true
	case text:
		f, err := strconv.ParseFloat(strings.TrimSpace(v.text), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// count returns a value that counts, and how many bits it has before it wraps.
// An object that counts though its type says otherwise has 32.
func (v value) count() (n uint64, bits int, ok bool) {
	switch v.class {
	case counter64:
		return v.whole, 64, true
	case counter32:
		return v.whole, 32, true
	case number:
		return uint64(uint32(int64(v.number))), 32, v.number >= math.MinInt32 && v.number <= math.MaxUint32
	}
	return 0, 0, false
}

// String names a class as SNMP does, as far as it tells classes apart.
func (c class) String() string {
	return [...]string{nothing: "no such instance", ended: "end", number: "number", counter32: "counter32", counter64: "counter64", text: "text"}[c]
}
