package scrape

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// group is an entry of a file_sd file.
type group struct {
	Targets []string          `yaml:"targets"`
	Labels  map[string]string `yaml:"labels"`
}

// maxFile bounds a file_sd file.
const maxFile = 16 << 20

// parseFile reads a file_sd file: a list of groups, in YAML, of which JSON is a
// part.
func parseFile(text []byte) ([]group, error) {
	var groups []group
	if err := yaml.UnmarshalWithOptions(text, &groups, yaml.Strict()); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, errors.New(first)
	}
	for i, g := range groups {
		for name := range g.Labels {
			if !added(name) && name != pathLabel && name != schemeLabel {
				return nil, fmt.Errorf("[%d].labels: %q is no label that can be added", i, name)
			}
		}
	}
	return groups, nil
}

// Of the labels that say how to scrape these two are known.
const (
	pathLabel   = "__metrics_path__"
	schemeLabel = "__scheme__"
)

// files are the groups of file_sd files, as they were last understood.
type files struct {
	patterns []string
	known    map[string][]group
}

// read looks at the files. Of one that cannot be read what it had stays.
func (f *files) read() error {
	var errs []error
	next := map[string][]group{}
	for _, pattern := range f.patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", pattern, err))
		}
		for _, path := range paths {
			groups, err := readGroups(path)
			switch {
			case errors.Is(err, fs.ErrNotExist): // it went meanwhile
				continue
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", path, err))
				groups = f.known[path]
			}
			next[path] = groups
		}
	}
	f.known = next
	return errors.Join(errs...)
}

func readGroups(path string) ([]group, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("it is longer than %d bytes", maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFile(text)
}

// wanted returns the targets of a job by their URL, those of files among them.
func (j Job) wanted(groups map[string][]group) map[string]endpoint {
	out := map[string]endpoint{}
	add := func(j Job, address string, labels map[string]string) {
		e := endpoint{page: j.page(address), instance: address, labels: map[string]string{}}
		if strings.Contains(address, "://") {
			e.instance = e.page.Address()
		}
		maps.Copy(e.labels, j.Labels)
		maps.Copy(e.labels, labels)
		if len(out) < maxTargets && e.page.Validate() == nil {
			out[e.page.URL] = e
		}
	}
	for _, t := range j.Targets {
		add(j, t, nil)
	}
	for _, list := range groups {
		for _, g := range list {
			of, labels := j, maps.Clone(g.Labels)
			if path := labels[pathLabel]; path != "" {
				of.Path = path
			}
			if scheme := labels[schemeLabel]; scheme != "" {
				of.Scheme = scheme
			}
			delete(labels, pathLabel)
			delete(labels, schemeLabel)
			for _, t := range g.Targets {
				add(of, t, labels)
			}
		}
	}
	return out
}
