package graphite

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Template says what becomes of paths that match. In YAML it is a mapping, or Match
// alone.
type Template struct {
	Match  string            `yaml:"match"`  // servers.$instance.*
	Name   string            `yaml:"name"`   // of the series; empty: the pieces that are no labels
	Labels map[string]string `yaml:"labels"` // further ones
	Type   string            `yaml:"type"`   // gauge or counter; empty: gauge
}

// UnmarshalYAML takes Match alone, or a mapping.
func (t *Template) UnmarshalYAML(decode func(any) error) error {
	var alone string
	if decode(&alone) == nil {
		*t = Template{Match: alone}
		return nil
	}
	type mapping Template // without this method
	var m mapping
	if err := decode(&m); err != nil {
		return err
	}
	*t = Template(m)
	return nil
}

func (t Template) isCounter() bool { return t.Type == "counter" }

// validate reports all that is wrong with t, each with its key.
func (t Template) validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	known := map[string]bool{"*": true}
	for _, piece := range strings.Split(t.Match, ".") {
		name, isLabel := strings.CutPrefix(piece, "$")
		_, err := path.Match(piece, "")
		bad(piece == "", "match: %q has an empty piece", t.Match)
		bad(isLabel && !isLabelName(name), "match: %q is not the name of a label", name)
		bad(isLabel && known[name], "match: $%s is there twice", name)
		bad(!isLabel && err != nil, "match: %q is not a pattern", piece)
		if isLabel {
			known[name] = true
		}
	}
	for _, variable := range variables(t.Name) {
		bad(!known[variable], "name: %q has $%s, which match has not", t.Name, variable)
	}
	for name := range t.Labels {
		bad(!isLabelName(name), "labels: %q is not the name of a label", name)
	}
	bad(t.Type != "" && t.Type != "gauge" && t.Type != "counter", "type: %q is not gauge or counter", t.Type)
	return errors.Join(errs...)
}

// isLabelName says whether a label may be called so: names with "__" are reserved.
func isLabelName(s string) bool {
	return s != "" && s == clean(s, false) && !strings.HasPrefix(s, "__")
}

// variables are the names behind "$" in s.
func variables(s string) (all []string) {
	expand(s, func(name string) string { all = append(all, name); return "" })
	return all
}

// expand puts a value for each "$name", and "$*".
func expand(s string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n := strings.IndexFunc(after, func(r rune) bool { return !isLabelRune(r, true) })
		if n < 0 {
			n = len(after)
		}
		if strings.HasPrefix(after, "*") {
			n = 1
		}
		b.WriteString(value(after[:n]))
		s = after[n:]
	}
}

func isLabelRune(r rune, digits bool) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || digits && r >= '0' && r <= '9'
}

// clean turns what Prometheus does not take in a name into "_".
func clean(s string, colon bool) string {
	out := strings.Map(func(r rune) rune {
		if isLabelRune(r, true) || colon && r == ':' {
			return r
		}
		return '_'
	}, s)
	if out != "" && out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}

// match takes the pieces of a path apart; false if they do not fit.
func (t Template) match(pieces []string) (name string, labels map[string]string, ok bool) {
	want := strings.Split(t.Match, ".")
	rest := want[len(want)-1] == "*"
	if len(pieces) < len(want) || len(pieces) > len(want) && !rest {
		return "", nil, false
	}
	labels = map[string]string{}
	for k, v := range t.Labels {
		labels[k] = v
	}
	var kept, taken []string
	for i, piece := range pieces {
		w := want[min(i, len(want)-1)]
		if label, isLabel := strings.CutPrefix(w, "$"); isLabel {
			labels[label] = piece
			continue
		}
		if fits, err := path.Match(w, piece); w != "*" && (err != nil || !fits) {
			return "", nil, false
		}
		kept = append(kept, piece)
		if w == "*" {
			taken = append(taken, piece)
		}
	}
	if t.Name == "" {
		return strings.Join(kept, "_"), labels, true
	}
	return expand(t.Name, func(v string) string {
		if v == "*" {
			return strings.Join(taken, "_")
		}
		return labels[v]
	}), labels, true
}
