package app

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// report gathers all that is wrong with a configuration file.
type report struct {
	file     string
	problems []problem
	lines    map[string]int // where a key or an item stands, by its path: checks[0].name
	broken   []string       // paths of values that could not be decoded
}

type problem struct {
	line       int
	path, text string // path may be ""
}

// mostProblems bounds how many problems are listed.
const mostProblems = 50

func newReport(file string) *report {
	return &report{file: file, lines: map[string]int{}}
}

func (r *report) add(line int, path, text string) {
	r.problems = append(r.problems, problem{line, path, text})
}

// keyPath is what a problem begins with that Validate reports.
var keyPath = regexp.MustCompile(`^[a-z_]+(\[\d+\]|\.[A-Za-z0-9_-]+)*: `)

// addInvalid takes in what Validate reports, a line for each problem. It leaves
// out what may only follow from a value that could not be decoded.
func (r *report) addInvalid(err error) {
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
func (r *report) follows(path string) bool {
	return slices.ContainsFunc(r.broken, func(b string) bool {
		return partOf(b) == partOf(path) || strings.HasPrefix(b, "contacts") && strings.Contains(path, ".contacts[")
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
func (r *report) lineOf(path string) int {
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

// err returns all problems by their place in the file, nil for none.
func (r *report) err() error {
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
	for _, p := range r.problems[:min(n, mostProblems)] {
		if p.path != "" {
			p.text = p.path + ": " + p.text
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s", r.file, p.line, p.text))
	}
	return errors.Join(errs...)
}
