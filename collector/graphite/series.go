package graphite

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// series is what a path means.
type series struct {
	labels labels.Labels
	kind   metric.Kind
	reason string // why it means nothing; "" if it does
}

// maxPaths bounds the paths that are remembered; it is kept twice at most.
const maxPaths = 100_000

// paths turns paths into series, and remembers those of late.
type paths struct {
	templates []Template

	mu         sync.Mutex // guards what follows
	young, old map[string]series
}

func newPaths(t []Template) *paths {
	return &paths{templates: t, young: map[string]series{}, old: map[string]series{}}
}

// find returns the series of a path with its tags.
func (p *paths) find(path []byte) series {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, known := p.young[string(path)]; known {
		return s
	}
	s, known := p.old[string(path)]
	if !known {
		s = p.make(string(path))
	}
	if len(p.young) >= maxPaths {
		p.old, p.young = p.young, map[string]series{}
	}
	p.young[string(path)] = s
	return s
}

// make works out what a path means.
func (p *paths) make(path string) series {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return series{reason: reasonPath}
	}
	name, tags, tagged := strings.Cut(path, ";")
	pieces := strings.FieldsFunc(name, func(r rune) bool { return r == '.' })
	if len(pieces) == 0 {
		return series{reason: reasonPath}
	}
	s := series{}
	seriesName, set := p.named(pieces, &s)
	if seriesName = clean(seriesName, true); seriesName == "" {
		return series{reason: reasonPath}
	}
	if tagged && !addTags(set, tags) {
		return series{reason: reasonTags}
	}
	set[metric.NameLabel] = seriesName
	s.labels = labels.FromMap(set)
	return s
}

// named applies the first template that matches.
func (p *paths) named(pieces []string, s *series) (string, map[string]string) {
	for _, t := range p.templates {
		name, set, ok := t.match(pieces)
		if !ok {
			continue
		}
		if t.isCounter() {
			s.kind = metric.Counter
		}
		if set["job"] == "" {
			set["job"] = job
		}
		return name, set
	}
	return strings.Join(pieces, "_"), map[string]string{"job": job}
}

// job is the label of series whose templates and tags give none.
const job = "graphite"

// addTags adds tags, "a=b;c=d"; false if they are none.
func addTags(set map[string]string, tags string) bool {
	for _, tag := range strings.Split(tags, ";") {
		key, value, ok := strings.Cut(tag, "=")
		key = clean(key, false)
		if !ok || key == "" || value == "" || strings.HasPrefix(key, "__") {
			return false
		}
		set[key] = value
	}
	return true
}
