package rrdstore

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// The states of a listed series.
const (
	stateActive  = "active"
	stateRetired = "retired"
)

// Listed is one series and its archives.
type Listed struct {
	Labels map[string]string `json:"labels"`
	Kind   string            `json:"kind"`
	Class  string            `json:"class"`
	State  string            `json:"state"`
	Files  []string          `json:"files"` // below the data directory
	Bytes  int64             `json:"bytes"`
	First  int64             `json:"first,omitempty"` // ms, of the oldest file; 0: not known
	Last   int64             `json:"last"`            // ms, the newest sample
	// Removal is when the files of a retired series will be removed, in ms; 0:
	// never.
	Removal int64 `json:"removal,omitempty"`
}

// listChunk is how many series are told of at a time.
const listChunk = 500

// List gives the series that match, as many at a time as are soon looked up.
func (s *Store) List(ctx context.Context, ms []*labels.Matcher, give func([]Listed)) error {
	for chunk := range slices.Chunk(s.matching(ms), listChunk) {
		if err := ctx.Err(); err != nil {
			return err
		}
		out := make([]Listed, 0, len(chunk))
		for _, sr := range chunk {
			out = append(out, s.listed(sr))
		}
		give(out)
	}
	return nil
}

func (s *Store) listed(sr *series) Listed {
	s.mu.RLock()
	l := Listed{
		Labels: sr.labels.Map(), Kind: sr.kind.String(), Class: sr.class.name, State: stateActive, Last: sr.last,
		Files: []string{},
	}
	for path, a := range s.paths(sr) {
		if a.exists {
			l.Files = append(l.Files, path)
		}
	}
	l.First = firstOf(sr)
	s.mu.RUnlock()
	for _, path := range l.Files {
		l.Bytes += s.sizeOf(path)
	}
	return l
}

// firstOf is the instant before the first interval of a series; 0: not known.
func firstOf(sr *series) (first int64) {
	for i := range sr.archives {
		if start := sr.archives[i].start; start > 0 && (first == 0 || start < first) {
			first = start
		}
	}
	return first
}

// sizeOf is the size of a file below the data directory, 0 if it is gone.
func (s *Store) sizeOf(path string) int64 {
	info, err := s.fs.Stat(filepath.Join(s.cfg.Dir, path))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Share is what the series with one value of a label take.
type Share struct {
	Value  string `json:"value"` // "": they do not have the label
	Series int    `json:"series"`
	Files  int    `json:"files"`
	Bytes  int64  `json:"bytes"` // by their classes, made or not
	// Refused are samples that a quota of the label refused since the start.
	Refused uint64 `json:"refused,omitempty"`
}

// Top returns the n values of a label with the most series among those that
// match, and how many values there are.
func (s *Store) Top(ms []*labels.Matcher, label string, n int) ([]Share, int) {
	shares := map[string]*Share{}
	found := s.matching(ms)
	s.mu.RLock()
	for _, sr := range found {
		v := sr.labels.Get(label)
		if shares[v] == nil {
			shares[v] = &Share{Value: v}
		}
		share := shares[v]
		share.Series++
		for i := range sr.archives {
			share.Files++
			share.Bytes += onDisk(sr.archives[i].layout())
		}
	}
	for value, share := range shares {
		for _, q := range s.quotas.all {
			if q.Label == label {
				share.Refused += q.refused[value]
			}
		}
	}
	s.mu.RUnlock()
	all := make([]Share, 0, len(shares))
	for _, share := range shares {
		all = append(all, *share)
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Series, a.Series), cmp.Compare(a.Value, b.Value))
	})
	return all[:min(n, len(all))], len(all)
}
