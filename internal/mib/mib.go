package mib

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// names has a line "name number" for each object.
//
//go:embed names.txt
var names string

// Table translates between names and numbers. It does not change once made.
type Table struct {
	numbers map[string]string
	names   map[string]string
}

// New returns the built-in table.
func New() *Table {
	t := &Table{numbers: map[string]string{}, names: map[string]string{}}
	for line := range strings.Lines(names) {
		name, number, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || name[0] == '#' {
			continue
		}
		t.numbers[name], t.names[number] = number, name
	}
	return t
}

// Number returns the number of an object or instance that is given by its number
// or its name: "1.3.6.1.2.1.1.3.0", ".1.3.6.1.2.1.1.3.0", "sysUpTime.0",
// "SNMPv2-MIB::sysUpTime.0".
func (t *Table) Number(s string) (string, error) {
	plain := strings.TrimPrefix(s, ".")
	if Valid(plain) {
		return plain, nil
	}
	if _, after, found := strings.Cut(plain, "::"); found {
		plain = after
	}
	name, index, indexed := strings.Cut(plain, ".")
	number, known := t.numbers[name]
	switch {
	case !known:
		return "", fmt.Errorf("%q is neither a number such as 1.3.6.1.2.1.1.3.0 nor a name that is known", s)
	case !indexed:
		return number, nil
	case !digits(index):
		return "", fmt.Errorf("%q: the index %q is not of numbers", s, index)
	}
	return number + "." + index, nil
}

// Name returns an instance by the name of its object, and its number if nothing
// of it is known.
func (t *Table) Name(number string) string {
	number = strings.TrimPrefix(number, ".")
	for at := len(number); at > 0; at = strings.LastIndexByte(number[:at], '.') {
		if name, known := t.names[number[:at]]; known {
			return name + number[at:]
		}
	}
	return number
}

// maxNumberBytes bounds a number: 128 parts of 32 bits, as SMIv2 has it.
const maxNumberBytes = 128 * 11

// Valid reports whether s is the number of an object: at least two parts, the
// first of them 0, 1 or 2.
func Valid(s string) bool {
	return len(s) >= 3 && len(s) <= maxNumberBytes && s[0] >= '0' && s[0] <= '2' && s[1] == '.' && digits(s)
}

// digits reports whether s is of numbers with dots between.
func digits(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if _, err := strconv.ParseUint(part, 10, 32); err != nil || part[0] == '+' {
			return false
		}
	}
	return true
}

// Compare orders numbers as agents walk them: part by part. It allocates
// nothing. Both must be Valid.
func Compare(a, b string) int {
	for a != "" && b != "" {
		var x, y uint64
		x, a = first(a)
		y, b = first(b)
		if x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	if a == "" && b == "" {
		return 0
	}
	if a == "" {
		return -1
	}
	return 1
}

// first splits the first part off.
func first(s string) (part uint64, rest string) {
	for i := range len(s) {
		if s[i] == '.' {
			return part, s[i+1:]
		}
		part = part*10 + uint64(s[i]-'0')
	}
	return part, ""
}

// Index returns what stands behind the number of a column, and whether number
// is an instance of that column at all.
func Index(column, number string) (string, bool) {
	if len(number) <= len(column)+1 || number[len(column)] != '.' || number[:len(column)] != column {
		return "", false
	}
	return number[len(column)+1:], true
}
