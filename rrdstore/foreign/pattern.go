package foreign

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/metric"

	"github.com/prometheus/common/model"
)

// dsVariable is what templates know besides the placeholders of the path.
const dsVariable = "ds"

// tree is a Tree that was understood.
type tree struct {
	given     Tree
	root      string      // the literal begin of the path
	below     []component // what is below it
	exclude   *regexp.Regexp
	name      template
	labels    []labelTemplate
	tellsDS   bool // some template has {ds}
	variables []string
}

type labelTemplate struct {
	label string
	value template
}

// component is one level of directories, or of files.
type component struct {
	literal string // if it has no placeholders
	match   *regexp.Regexp
	names   []string
}

// compile understands a filled Tree; it returns all that is wrong with it.
func compile(t Tree) (*tree, []error) {
	c := &tree{given: t}
	errs := c.path(t.Path)
	if t.Exclude != "" {
		var err error
		if c.exclude, err = regexp.Compile(t.Exclude); err != nil {
			errs = append(errs, fmt.Errorf("exclude: %w", err))
		}
	}
	known := append(slices.Clone(c.variables), dsVariable)
	if t.Name == "" {
		errs = append(errs, errors.New("name: is empty"))
	}
	var err error
	if c.name, err = parseTemplate(t.Name, known); err != nil {
		errs = append(errs, fmt.Errorf("name: %w", err))
	}
	for _, label := range slices.Sorted(maps.Keys(t.Labels)) {
		if !model.LegacyValidation.IsValidLabelName(label) || label == metric.NameLabel {
			errs = append(errs, fmt.Errorf("labels: %q is not a label's name", label))
		}
		value, err := parseTemplate(t.Labels[label], known)
		if err != nil {
			errs = append(errs, fmt.Errorf("labels.%s: %w", label, err))
		}
		c.labels = append(c.labels, labelTemplate{label, value})
		c.tellsDS = c.tellsDS || value.has(dsVariable)
	}
	c.tellsDS = c.tellsDS || c.name.has(dsVariable)
	return c, errs
}

func (c *tree) path(path string) (errs []error) {
	if !filepath.IsAbs(path) {
		return []error{fmt.Errorf("path: %q does not begin with /", path)}
	}
	c.root = "/"
	for _, part := range strings.Split(filepath.Clean(path)[1:], "/") {
		one, err := parseComponent(part)
		if err != nil {
			errs = append(errs, fmt.Errorf("path: %q: %w", part, err))
			continue
		}
		for _, name := range one.names {
			if slices.Contains(c.variables, name) || name == dsVariable {
				errs = append(errs, fmt.Errorf("path: {%s} is there twice, or reserved", name))
			}
			c.variables = append(c.variables, name)
		}
		c.below = append(c.below, one)
	}
	for len(c.below) > 1 && c.below[0].match == nil {
		c.root, c.below = filepath.Join(c.root, c.below[0].literal), c.below[1:]
	}
	return errs
}

// parseComponent reads one component of a pattern.
func parseComponent(s string) (component, error) {
	c := component{}
	re, literal := strings.Builder{}, true
	re.WriteString(`^(?s:`)
	for i := 0; i < len(s); {
		switch s[i] {
		case '{':
			n := closing(s[i:])
			if n < 0 {
				return c, errors.New("{ without }")
			}
			name, expr, has := strings.Cut(s[i+1:i+n], ":")
			if !has {
				expr = `.+?`
			}
			if !variableName(name) {
				return c, fmt.Errorf("{%s} is not a placeholder: letters, digits and _ are", name)
			}
			fmt.Fprintf(&re, `(?P<%s>%s)`, name, expr)
			c.names, literal, i = append(c.names, name), false, i+n
		case '[':
			re.WriteString(`(?:`)
			literal = false
		case ']':
			re.WriteString(`)?`)
			literal = false
		case '}':
			return c, errors.New("} without {")
		default:
			re.WriteString(regexp.QuoteMeta(s[i : i+1]))
		}
		i++
	}
	if literal {
		c.literal = s
		return c, nil
	}
	re.WriteString(`)$`)
	var err error
	c.match, err = regexp.Compile(re.String())
	return c, err
}

// closing returns where the brace that s begins with is closed, -1 for nowhere.
func closing(s string) int {
	open := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}

func variableName(s string) bool { return model.LegacyValidation.IsValidLabelName(s) }

// variables adds what the placeholders of a component hold in name to vars.
// ok is false when the name does not match.
func (c component) variables(name string, vars variables) (with variables, ok bool) {
	found := c.match.FindStringSubmatch(name)
	if found == nil {
		return nil, false
	}
	with = slices.Clip(vars)
	for _, n := range c.names {
		with = append(with, variable{n, found[c.match.SubexpIndex(n)]})
	}
	return with, true
}
