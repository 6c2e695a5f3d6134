package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Report gathers all that is wrong with a configuration file.
type Report struct {
	file     string
	problems []problem
	lines    map[string]int // where a key or an item stands, by its path: checks[0].name
	broken   []string       // paths of values that could not be decoded

	// Refers tells whether a problem with the key path may follow from a broken
	// value in another part, whose path is given. Nil: none does.
	Refers func(broken, path string) bool
}

type problem struct {
	line       int
	path, text string // path may be ""
}

// MostProblems bounds how many problems are listed.
const MostProblems = 50

// NewReport returns a report without problems of the file of that name.
func NewReport(file string) *Report {
	return &Report{file: file, lines: map[string]int{}}
}

func (r *Report) add(line int, path, text string) {
	r.problems = append(r.problems, problem{line, path, text})
}

// keyPath is what a problem begins with that Validate reports.
var keyPath = regexp.MustCompile(`^[a-z_]+(\[\d+\]|\.[A-Za-z0-9_-]+)*: `)

// AddInvalid takes in what Validate reports, a line for each problem. It leaves
// out what may only follow from a value that could not be decoded.
func (r *Report) AddInvalid(err error) {
	if err == nil {
		return
	}
	for text := range strings.Lines(err.Error()) {
		path := strings.TrimSuffix(keyPath.FindString(text), ": ")
		if !r.follows(path) {
			r.add(r.lineOf(path), path, strings.TrimSpace(strings.TrimPrefix(text, path+": ")))
		}
	}
}

// follows tells whether a problem with the key path is in a part, or is about one,
// in which a value could not be decoded.
func (r *Report) follows(path string) bool {
	return slices.ContainsFunc(r.broken, func(b string) bool {
		return partOf(b) == partOf(path) || r.Refers != nil && r.Refers(b, path)
	})
}

// partOf returns the section that a path is in, or the item of a list.
func partOf(path string) string {
	if i := strings.IndexAny(path, ".]"); i >= 0 {
		return path[:i]
	}
	return path
}

// lineOf returns where a key stands, or what is next above it in the file.
func (r *Report) lineOf(path string) int {
	for {
		if line, ok := r.lines[path]; ok {
			return line
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return 1
		}
		path = path[:i]
	}
}

// Err returns all problems by their place in the file, nil for none.
func (r *Report) Err() error {
	n := len(r.problems)
	if n == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	many := "problems"
	if n == 1 {
		many = "problem"
	}
	errs := []error{fmt.Errorf("%s has %d %s", r.file, n, many)}
	for _, p := range r.problems[:min(n, MostProblems)] {
		if p.path != "" {
			p.text = p.path + ": " + p.text
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s", r.file, p.line, p.text))
	}
	return errors.Join(errs...)
}

// Under puts the path of a section before each line of its problems.
func Under(section string, err error) error {
	if err == nil {
		return nil
	}
	var multi interface{ Unwrap() []error }
	if !errors.As(err, &multi) {
		return fmt.Errorf("%s.%w", section, err)
	}
	var errs []error
	for _, e := range multi.Unwrap() {
		errs = append(errs, Under(section, e))
	}
	return errors.Join(errs...)
}
