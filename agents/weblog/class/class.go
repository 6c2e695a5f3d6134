// Package class gives each path of a web site the name of a class of pages, so
// that series stay few: /photos/12345/edit is of /photos/*/edit.
//
// The first rule that matches names the class. Without one the path is decoded
// once, cut at its query, and what looks like an identity becomes a star. A piece
// of a path is what stands between / - _ . ~ , : ; = and it is a star if it is
//
//	a number                                     12345
//	hexadecimal, of 8 digits or more, with a digit among them   3f2a9c1d
//	longer than 32 bytes
//	a UUID, of five pieces
//
// so that a date or order-12345 needs no rule. Stars in a row are one.
// What a class may be is thereby bounded in length, not in number: whoever counts
// by class bounds that.
package class

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Rule names the class of some paths. Exactly one of Path, Prefix and Regexp is
// given; all look at the path decoded and without query.
type Rule struct {
	// VHost is the host that the rule is for; empty: all.
	VHost  string `yaml:"vhost"`
	Path   string `yaml:"path"`
	Prefix string `yaml:"prefix"`
	Regexp string `yaml:"regexp"`
	// Class may name groups of the regexp: $1, ${name}.
	Class string `yaml:"class"`
}

// Names of classes that are no path.
const (
	Other = "other" // all classes beyond the bound
	None  = "none"  // no path in the line
)

// MaxBytes bounds a class.
const MaxBytes = 100

// Rules are rules in their order. They do not change.
type Rules struct{ list []rule }

type rule struct {
	Rule
	re *regexp.Regexp
}

// New compiles rules, and reports all that is wrong with them by their index.
func New(rules []Rule) (*Rules, error) {
	out := &Rules{}
	var errs []error
	for i, r := range rules {
		one := rule{Rule: r}
		if err := one.compile(); err != nil {
			errs = append(errs, fmt.Errorf("classes[%d].%w", i, err))
		}
		out.list = append(out.list, one)
	}
	return out, errors.Join(errs...)
}

func (r *rule) compile() (err error) {
	given := 0
	for _, s := range []string{r.Path, r.Prefix, r.Regexp} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return fmt.Errorf("path: give one of path, prefix and regexp, not %d", given)
	case r.Class == "":
		return errors.New("class: is missing")
	case r.Regexp != "":
		if r.re, err = regexp.Compile(r.Regexp); err != nil {
			return fmt.Errorf("regexp: %w", err)
		}
	}
	return nil
}

// Of returns the class of a path as it was sent, and whether a rule names it.
func (r *Rules) Of(vhost, path string) (class string, named bool) {
	if path == "" {
		return None, true
	}
	path = decoded(path)
	for i := range r.list {
		if c, ok := r.list[i].of(vhost, path); ok {
			return cut(c), true
		}
	}
	return cut(Normal(path)), false
}

func (r *rule) of(vhost, path string) (string, bool) {
	if r.VHost != "" && r.VHost != vhost {
		return "", false
	}
	switch {
	case r.re != nil:
		m := r.re.FindStringSubmatchIndex(path)
		if m == nil {
			return "", false
		}
		return string(r.re.ExpandString(nil, r.Class, path, m)), true
	case r.Path != "":
		return r.Class, path == r.Path
	}
	return r.Class, strings.HasPrefix(path, r.Prefix)
}

// decoded undoes %XX once; what cannot be decoded stays as it is.
func decoded(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if strings.IndexByte(path, '%') < 0 {
		return path
	}
	if d, err := url.PathUnescape(path); err == nil {
		return d
	}
	return path
}

// cut makes s valid, printable and short.
func cut(s string) string {
	if len(s) > MaxBytes {
		s = s[:MaxBytes] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

const (
	separators = "/-_.~,:;="
	leastHex   = 8
	longPiece  = 32
)

// Normal returns path with stars for what looks like an identity.
func Normal(path string) string {
	out := make([]byte, 0, len(path))
	for path != "" {
		end := strings.IndexAny(path, separators)
		switch {
		case isUUID(path):
			end = uuidBytes
		case end < 0:
			end = len(path)
		}
		out = appendPiece(out, path[:end])
		if end == len(path) {
			break
		}
		out = append(out, path[end])
		path = path[end+1:]
	}
	return string(out)
}

// appendPiece appends a piece of a path, or a star for it; one that follows a
// star and a separator within a segment goes into that star.
func appendPiece(out []byte, piece string) []byte {
	if !isIdentity(piece) {
		return append(out, piece...)
	}
	if n := len(out); n >= 2 && out[n-1] != '/' && out[n-1] != '.' && out[n-2] == '*' {
		return out[:n-1]
	}
	return append(out, '*')
}

func isIdentity(s string) bool {
	if len(s) > longPiece {
		return true
	}
	digits, letters := 0, 0
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case c >= 'a' && c <= 'f':
			letters++
		default:
			return false
		}
	}
	return digits > 0 && (letters == 0 || digits+letters >= leastHex)
}

const uuidBytes = 36

// isUUID reports whether path begins with a UUID that fills its piece.
func isUUID(path string) bool {
	if len(path) < uuidBytes || len(path) > uuidBytes && strings.IndexByte(separators, path[uuidBytes]) < 0 {
		return false
	}
	for i := range uuidBytes {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (path[i] == '-') || !dash && strings.IndexByte("0123456789abcdefABCDEF", path[i]) < 0 {
			return false
		}
	}
	return true
}
