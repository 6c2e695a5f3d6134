package push

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/durable"
)

// files keep each group in a file of its own, named by a hash of its labels:
//
//	push/5f0c….json         a group
//	push/5f0c….unreadable   what could not be read
type files struct{ dir string }

const (
	ending = ".json"
	aside  = ".unreadable"
)

func (f files) name(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(f.dir, hex.EncodeToString(sum[:16])+ending)
}

// load reads all groups.
func (f files) load(log *slog.Logger) (map[string]*group, error) {
	groups := map[string]*group{}
	if f.dir == "" {
		return groups, nil
	}
	if err := (durable.Disk{}).MkdirAll(f.dir); err != nil {
		return nil, err
	}
	entries, err := durable.Disk{}.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := filepath.Join(f.dir, e.Name())
		if !strings.HasSuffix(name, ending) {
			continue
		}
		it, err := read(name)
		if err != nil {
			log.Error("file of pushed metrics set aside", "name", name, "err", err)
			if err := (durable.Disk{}).Rename(name, strings.TrimSuffix(name, ending)+aside); err != nil {
				return nil, err
			}
			continue
		}
		groups[it.labels.String()] = it
	}
	return groups, nil
}

func read(name string) (*group, error) {
	data, err := durable.Disk{}.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	return s.group()
}

// write puts a group into its file, as a whole.
func (f files) write(it *group) error {
	if f.dir == "" {
		return nil
	}
	data, err := json.Marshal(it.saved())
	if err != nil {
		return err
	}
	return durable.WriteFile(durable.Disk{}, f.name(it.labels.String()), data)
}

func (f files) remove(key string) error {
	if f.dir == "" {
		return nil
	}
	err := errors.Join(durable.Disk{}.Remove(f.name(key)), durable.Disk{}.SyncDir(f.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sorted returns the groups by their labels.
func sorted(groups map[string]*group) []*group {
	out := make([]*group, 0, len(groups))
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[key])
	}
	return out
}

// exact is a number in JSON that may be infinite, as text, to the last digit.
type exact float64

// MarshalJSON implements json.Marshaler.
func (e exact) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, strconv.FormatFloat(float64(e), 'g', -1, 64)), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *exact) UnmarshalJSON(b []byte) error {
	text, err := strconv.Unquote(string(b))
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(text, 64)
	*e = exact(v)
	return err
}
