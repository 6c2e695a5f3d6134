package mib

import (
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTextBytes bounds the text of an OCTET STRING.
const maxTextBytes = 1024

// Text returns an OCTET STRING for people: as it is if it is printable UTF-8,
// without the NULs that some agents end it with, else in hex, as in 00:1b:2c.
// What is longer than a kilobyte is cut.
func Text(b []byte) string {
	s := strings.TrimRight(string(b), "\x00")
	if printable(s) {
		return cut(strings.TrimSpace(s))
	}
	dots := ""
	if len(b) > maxTextBytes/3 {
		b, dots = b[:maxTextBytes/3], "…"
	}
	var out strings.Builder
	for i := range b {
		if i > 0 {
			out.WriteByte(':')
		}
		out.WriteString(hex.EncodeToString(b[i : i+1]))
	}
	return out.String() + dots
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
	}
	return true
}

// cut shortens a text between two runes.
func cut(s string) string {
	if len(s) <= maxTextBytes {
		return s
	}
	end := maxTextBytes
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
