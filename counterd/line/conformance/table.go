package conformance

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Case is one row of the table.
type Case struct {
	Row  int    // in the file, from 1
	Line []byte // as it is sent, without LF
	Want string // its outcome
}

// Load reads the table at path.
func Load(path string) ([]Case, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read conformance table: %w", err)
	}
	cases, err := Read(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cases, nil
}

// Read reads the text of a table.
func Read(text string) ([]Case, error) {
	var cases []Case
	for i, row := range strings.Split(text, "\n") {
		if row == "" || strings.HasPrefix(row, "# ") {
			continue
		}
		in, want, ok := strings.Cut(row, "\t")
		if !ok || in == "" || want == "" || strings.Contains(want, "\t") {
			return nil, fmt.Errorf("row %d: %q is not a line, a tab and an outcome", i+1, row)
		}
		l, err := unescape(in)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		cases = append(cases, Case{Row: i + 1, Line: l, Want: want})
	}
	return cases, nil
}

// unescape undoes the escapes of the first column.
func unescape(s string) ([]byte, error) {
	var out []byte
	for len(s) > 0 {
		c := s[0]
		s = s[1:]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if len(s) == 0 {
			return nil, fmt.Errorf("a backslash ends %q", out)
		}
		c, s = s[0], s[1:]
		switch c {
		case '\\':
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		case 'n':
			c = '\n'
		case 'x':
			n, err := strconv.ParseUint(s[:min(2, len(s))], 16, 8)
			if err != nil || len(s) < 2 {
				return nil, fmt.Errorf("%q after \\x is no byte", s[:min(2, len(s))])
			}
			c, s = byte(n), s[2:]
		default:
			return nil, fmt.Errorf("unknown escape \\%c", c)
		}
		out = append(out, c)
	}
	return out, nil
}
