package mongodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// maxDepth bounds how deep documents lie in each other: MongoDB's own limit is
// 100, and serverStatus has some ten.
const maxDepth = 100

// Kinds of values, as bsonspec.org numbers them.
const (
	kindDouble    = 0x01
	kindString    = 0x02
	kindDocument  = 0x03
	kindArray     = 0x04
	kindBinary    = 0x05
	kindUndefined = 0x06
	kindObjectID  = 0x07
	kindBool      = 0x08
	kindDate      = 0x09
	kindNull      = 0x0a
	kindRegex     = 0x0b
	kindPointer   = 0x0c
	kindCode      = 0x0d
	kindSymbol    = 0x0e
	kindScope     = 0x0f
	kindInt32     = 0x10
	kindTimestamp = 0x11
	kindInt64     = 0x12
	kindDecimal   = 0x13
	kindMin       = 0xff
	kindMax       = 0x7f
)

// document is a BSON document. Its values are float64 (also of whole numbers),
// string, bool, []byte, date, document and []any; of other kinds there is nil.
type document map[string]any

// date is an instant in milliseconds since the Unix epoch.
type date int64

var errShort = errors.New("bson: it ends too early")

// parse reads a document that is all of data.
func parse(data []byte) (document, error) {
	doc, rest, err := parseDocument(data, 0)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("bson: %d bytes follow the document", len(rest))
	}
	return doc, err
}

// parseDocument reads the document that data begins with: its length, elements,
// and a zero.
func parseDocument(data []byte, depth int) (doc document, rest []byte, err error) {
	body, rest, err := cutDocument(data)
	if err != nil {
		return nil, nil, err
	}
	if depth == maxDepth {
		return nil, nil, fmt.Errorf("bson: more than %d documents in each other", maxDepth)
	}
	doc = document{}
	for len(body) > 0 {
		kind := body[0]
		var key string
		if key, body, err = cutName(body[1:]); err != nil {
			return nil, nil, err
		}
		if doc[key], body, err = parseValue(kind, body, depth); err != nil {
			return nil, nil, fmt.Errorf("%.50q: %w", key, err)
		}
	}
	return doc, rest, nil
}

// cutDocument returns the elements of the document that data begins with.
func cutDocument(data []byte) (body, rest []byte, err error) {
	if len(data) < 5 {
		return nil, nil, errShort
	}
	n := int64(binary.LittleEndian.Uint32(data))
	if n < 5 || n > int64(len(data)) || data[n-1] != 0 {
		return nil, nil, fmt.Errorf("bson: a document of %d bytes in %d", n, len(data))
	}
	return data[4 : n-1], data[n:], nil
}

// cutName cuts off a text that ends with a zero.
func cutName(data []byte) (name string, rest []byte, err error) {
	for i, c := range data {
		if c == 0 {
			return string(data[:i]), data[i+1:], nil
		}
	}
	return "", nil, errShort
}

// cutSized cuts off bytes that follow their number; extra are counted neither.
func cutSized(data []byte, extra int) (value, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, errShort
	}
	n := int64(binary.LittleEndian.Uint32(data)) + int64(extra)
	if n < 0 || n > int64(len(data)-4) {
		return nil, nil, errShort
	}
	return data[4 : 4+n], data[4+n:], nil
}

// width is that of the kinds that have one; -1 of the others.
func width(kind byte) int {
	switch kind {
	case kindDouble, kindDate, kindTimestamp, kindInt64:
		return 8
	case kindInt32:
		return 4
	case kindBool:
		return 1
	case kindObjectID:
		return 12
	case kindDecimal:
		return 16
	case kindUndefined, kindNull, kindMin, kindMax:
		return 0
	}
	return -1
}

// parseValue reads a value and returns what follows it.
func parseValue(kind byte, data []byte, depth int) (value any, rest []byte, err error) {
	if n := width(kind); n >= 0 {
		if len(data) < n {
			return nil, nil, errShort
		}
		return fixed(kind, data[:n]), data[n:], nil
	}
	switch kind {
	case kindDocument:
		return parseDocument(data, depth+1)
	case kindArray:
		return parseArray(data, depth+1)
	case kindString, kindSymbol, kindCode:
		text, rest, err := cutSized(data, 0)
		if err != nil || len(text) == 0 {
			return nil, nil, errShort
		}
		return string(text[:len(text)-1]), rest, nil
	case kindBinary:
		bytes, rest, err := cutSized(data, 1) // the subtype
		if err != nil {
			return nil, nil, err
		}
		return bytes[1:], rest, nil
	}
	rest, err = skip(kind, data)
	return nil, rest, err
}

// fixed returns the value of a kind of a fixed width.
func fixed(kind byte, data []byte) any {
	switch kind {
	case kindDouble:
		return math.Float64frombits(binary.LittleEndian.Uint64(data))
	case kindInt32:
		return float64(int32(binary.LittleEndian.Uint32(data))) //nolint:gosec // two's complement
	case kindInt64:
		return float64(int64(binary.LittleEndian.Uint64(data))) //nolint:gosec // two's complement
	case kindDate:
		return date(binary.LittleEndian.Uint64(data)) //nolint:gosec // two's complement
	case kindBool:
		return data[0] != 0
	}
	return nil
}

// parseArray reads an array: a document whose names are numbers.
func parseArray(data []byte, depth int) (value any, rest []byte, err error) {
	body, rest, err := cutDocument(data)
	if err != nil {
		return nil, nil, err
	}
	if depth == maxDepth {
		return nil, nil, fmt.Errorf("bson: more than %d documents in each other", maxDepth)
	}
	all := []any{}
	for len(body) > 0 {
		kind := body[0]
		if _, body, err = cutName(body[1:]); err != nil {
			return nil, nil, err
		}
		var v any
		if v, body, err = parseValue(kind, body, depth); err != nil {
			return nil, nil, err
		}
		all = append(all, v)
	}
	return all, rest, nil
}

// skip passes over the kinds that nobody asks for.
func skip(kind byte, data []byte) (rest []byte, err error) {
	switch kind {
	case kindRegex:
		if _, data, err = cutName(data); err == nil {
			_, data, err = cutName(data)
		}
		return data, err
	case kindPointer:
		_, rest, err = cutSized(data, 12)
		return rest, err
	case kindScope: // its number counts itself
		_, rest, err = cutSized(data, -4)
		return rest, err
	}
	return nil, fmt.Errorf("bson: 0x%02x is no kind of value", kind)
}
