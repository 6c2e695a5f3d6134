package rulefile

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"plimsoll/internal/query"
)

// Bounds of what is read; more is refused.
const (
	maxFileBytes = 16 << 20
	maxRules     = 100_000
)

// Load reads the files that the patterns match, sorted, each once. Patterns
// that are not absolute are of dir. As in Prometheus, a pattern that matches
// nothing is no error.
func Load(dir string, patterns []string) ([]Group, error) {
	files, err := find(dir, patterns)
	if err != nil {
		return nil, err
	}
	var groups []Group
	var errs []error
	rules := 0
	for _, f := range files {
		found, err := ReadFile(f)
		groups, errs = append(groups, found...), append(errs, err)
		for _, g := range found {
			rules += len(g.Rules)
		}
	}
	if rules > maxRules {
		errs = append(errs, fmt.Errorf("%d rules, and %d is the limit", rules, maxRules))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return groups, nil
}

// find resolves patterns.
func find(dir string, patterns []string) ([]string, error) {
	var files []string
	var errs []error
	for _, p := range patterns {
		path := p
		if p != "" && !filepath.IsAbs(p) {
			path = filepath.Join(dir, p)
		}
		found, err := filepath.Glob(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", p, err))
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), errors.Join(errs...)
}

// Missing lists the patterns that match no file.
func Missing(dir string, patterns []string) (missing []string) {
	for _, p := range patterns {
		if found, err := find(dir, []string{p}); err == nil && len(found) == 0 {
			missing = append(missing, p)
		}
	}
	return missing
}

// ReadFile reads one file. Its errors begin with its name, and the line and the
// column where Prometheus tells them.
func ReadFile(path string) ([]Group, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	parsed, errs := rulefmt.Parse(text, false, model.UTF8Validation, query.NewParser(), slog.New(slog.DiscardHandler))
	for i := range errs {
		errs[i] = fmt.Errorf("%s: %w", path, onOneLine(errs[i]))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	groups := make([]Group, 0, len(parsed.Groups))
	for _, g := range parsed.Groups {
		groups = append(groups, groupOf(path, g))
	}
	return groups, nil
}

// onOneLine writes what is told on lines of its own behind what it is about.
func onOneLine(err error) error {
	if text := err.Error(); strings.Contains(text, "\n") {
		return errors.New(strings.Join(strings.Fields(text), " "))
	}
	return err
}

func read(path string) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err = io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("%s: is longer than %d bytes", path, maxFileBytes)
	}
	return text, err
}

func groupOf(path string, in rulefmt.RuleGroup) Group {
	g := Group{File: path, Name: in.Name, Interval: time.Duration(in.Interval), Limit: in.Limit}
	if in.QueryOffset != nil {
		g.QueryOffset = time.Duration(*in.QueryOffset)
	}
	seen := map[string]int{}
	for _, r := range in.Rules {
		made := Rule{
			Alert: r.Alert, Record: r.Record, Expr: r.Expr, For: time.Duration(r.For), KeepFiringFor: time.Duration(r.KeepFiringFor),
			Labels: with(in.Labels, r.Labels), Annotations: r.Annotations,
		}
		id := made.identity(g)
		made.Key = fmt.Sprintf("%s/%d", id, seen[id])
		seen[id]++
		g.Rules = append(g.Rules, made)
	}
	return g
}
