package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/rrdstore/rrdfile"
)

// Verified counts the files that were read, and those that are not sound.
type Verified struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	Bad   int   `json:"bad"`
	// Differ are sound, but have coarse rows that their finer rows do not make.
	Differ int `json:"differ"`
}

// VerifyArchives reads the files of the series that match, of all and of those
// that are retired too without matchers, and calls bad for each that is not
// sound, is gone, or has rows that do not go together. Nothing is changed.
func (s *Store) VerifyArchives(ctx context.Context, ms []*labels.Matcher, bad func(path string, err error)) (Verified, error) {
	var v Verified
	for _, sr := range s.matching(ms) {
		for _, path := range s.filesOf(sr) {
			if err := ctx.Err(); err != nil {
				return v, err
			}
			s.verifyFile(&v, path, bad)
		}
	}
	if len(ms) > 0 {
		return v, nil
	}
	all, err := s.walkShelf()
	for _, r := range all {
		for _, path := range r.files {
			if err := ctx.Err(); err != nil {
				return v, err
			}
			s.verifyFile(&v, retiredDir+strings.TrimPrefix(path, archiveDir), bad)
		}
	}
	return v, err
}

// filesOf returns the paths of the files that a series has.
func (s *Store) filesOf(sr *series) (paths []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for path, a := range s.paths(sr) {
		if a.exists {
			paths = append(paths, path)
		}
	}
	return paths
}

func (s *Store) verifyFile(v *Verified, path string, bad func(string, error)) {
	report, err := rrdfile.Verify(filepath.Join(s.cfg.Dir, path), s.cfg.Now())
	v.Files++
	v.Bytes += report.Bytes
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("is gone")
	}
	if err == nil && len(report.Problems) > 0 {
		err = errors.New(strings.Join(report.Problems[:min(3, len(report.Problems))], "; "))
	}
	switch {
	case err != nil:
		v.Bad++
		bad(path, err)
	case report.FirstDiffer != "":
		v.Differ++
		bad(path, fmt.Errorf("a coarse row is not what finer rows make, which is no harm after a reshape: %s", report.FirstDiffer))
	}
}
