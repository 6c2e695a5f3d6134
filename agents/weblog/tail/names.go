package tail

import (
	"os"
	"path/filepath"
	"strings"
)

// beside returns the rotations of a path that can be read.
func beside(path string) []string { return rotations(path, inDirectory(path)) }

// rotations returns those of a path among others.
func rotations(path string, others []string) (paths []string) {
	for _, other := range others {
		if isRotation(path, filepath.Base(other)) && !compressed(other) {
			paths = append(paths, other)
		}
	}
	return paths
}

// inDirectory returns the files of a path's directory.
func inDirectory(path string) (paths []string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// isRotation reports whether name is one that path is rotated to: access.log.1,
// access.log-20261121, access.log.old, access.1.log, access-20261121.log.
func isRotation(path, name string) bool {
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	rest, is := strings.CutPrefix(name, base)
	if !is {
		if rest, is = strings.CutPrefix(name, strings.TrimSuffix(base, ext)); !is || ext == "" {
			return false
		}
		if rest, is = strings.CutSuffix(rest, ext); !is {
			return false
		}
	}
	if len(rest) < 2 || strings.IndexByte(".-_", rest[0]) < 0 {
		return false
	}
	return rest[1:] == "old" || strings.Trim(rest[1:], "0123456789.-_") == ""
}
