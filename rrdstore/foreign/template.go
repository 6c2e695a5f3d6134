package foreign

import (
	"fmt"
	"slices"
	"strings"
)

// variables are what placeholders hold in one path.
type variables []variable

type variable struct{ name, value string }

func (v variables) get(name string) string {
	for _, one := range v {
		if one.name == name {
			return one.value
		}
	}
	return ""
}

// template is text and variables in turn, beginning with text.
type template []string

func parseTemplate(s string, known []string) (template, error) {
	var t template
	for {
		before, after, found := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return nil, fmt.Errorf("%q: } without {", s)
		}
		t = append(t, before)
		if !found {
			return t, nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains(known, name) {
			return nil, fmt.Errorf("{%s is none of the path's placeholders %v", after, known)
		}
		t, s = append(t, name), rest
	}
}

func (t template) has(name string) bool {
	for i := 1; i < len(t); i += 2 {
		if t[i] == name {
			return true
		}
	}
	return false
}

// expand fills the template in; what is no UTF-8 is replaced.
func (t template) expand(v variables) string {
	var b strings.Builder
	for i, s := range t {
		if i%2 == 1 {
			s = v.get(s)
		}
		b.WriteString(s)
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// metricName is s with _ for all that cannot be in a metric's name.
func metricName(s string) string {
	b := []byte(s)
	for i, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':'
		if !letter && (c < '0' || c > '9' || i == 0) {
			b[i] = '_'
		}
	}
	return string(b)
}
