package rrdstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"plimsoll/internal/durable"
)

const manifestVersion = 1

// Manifest lists the files of a snapshot.
type Manifest struct {
	Version int            `json:"version"`
	Made    time.Time      `json:"made"`
	Files   []ManifestFile `json:"files"`
	// SHA256 is that of all else here, written as JSON with it empty.
	SHA256 string `json:"sha256"`
}

// ManifestFile is one file, its path below the snapshot's directory.
type ManifestFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes is the size of all files.
func (m *Manifest) Bytes() (sum int64) {
	for i := range m.Files {
		sum += m.Files[i].Bytes
	}
	return sum
}

func (m Manifest) sum() (string, error) {
	m.SHA256 = ""
	b, err := json.Marshal(m)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

func (m *Manifest) write(disk durable.FS, name string) error {
	var err error
	if m.SHA256, err = m.sum(); err != nil {
		return err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return durable.WriteFile(disk, name, append(b, '\n'))
}

func hashFile(name string) (size int64, sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// ErrDamaged means that what was kept is not as it was written.
var ErrDamaged = errors.New("is not as it was written")

// VerifySnapshot compares the files of a snapshot with its manifest and calls bad
// for each that is missing, damaged or not listed. It returns the manifest.
func VerifySnapshot(ctx context.Context, dir string, bad func(path string, err error)) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return m, fmt.Errorf("verify snapshot: %w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("verify snapshot %s: %s: %w: %w", dir, manifestFile, ErrDamaged, err)
	}
	if m.Version != manifestVersion {
		return m, fmt.Errorf("verify snapshot %s: version %d is not known", dir, m.Version)
	}
	again, err := json.Marshal(m) // of a field that is not known nothing is left
	sum, sumErr := m.sum()
	if err = errors.Join(err, sumErr); err != nil || sum != m.SHA256 || !bytes.Equal(append(again, '\n'), b) {
		return m, fmt.Errorf("verify snapshot %s: %s: %w", dir, manifestFile, errors.Join(ErrDamaged, err))
	}
	listed := map[string]bool{manifestFile: true}
	for i := range m.Files {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		f := &m.Files[i]
		listed[f.Path] = true
		if err := f.verify(dir); err != nil {
			bad(f.Path, err)
		}
	}
	return m, unlisted(dir, listed, bad)
}

func (f *ManifestFile) verify(dir string) error {
	if !filepath.IsLocal(f.Path) {
		return errors.New("lies outside")
	}
	size, sum, err := hashFile(filepath.Join(dir, f.Path))
	switch {
	case err != nil:
		return err
	case size != f.Bytes || sum != f.SHA256:
		return ErrDamaged
	}
	return nil
}

func unlisted(dir string, listed map[string]bool, bad func(string, error)) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		path, err := filepath.Rel(dir, name)
		if err == nil && !listed[path] {
			bad(path, errors.New("is not in the manifest"))
		}
		return err
	})
}
