package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type section struct {
	Every time.Duration `yaml:"every"`
	Names []string      `yaml:"names"`
}

type whole struct {
	Part  section `yaml:"part"`
	Count int     `yaml:"count"`
}

func (w whole) validate() error {
	if w.Count < 0 {
		return errors.Join(errors.New("count: is negative"), Under("part", errors.New("every: is too short")))
	}
	return nil
}

func loadText(t *testing.T, text string) (whole, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := whole{Part: section{Every: time.Minute}}
	err := Load(path, &w, whole.validate)
	if err == nil {
		return w, ""
	}
	return w, strings.ReplaceAll(err.Error(), path, "f")
}

func TestFileGoesOverWhatIsThere(t *testing.T) {
	w, err := loadText(t, "part:\n  names: [a, b]\n")
	want := whole{Part: section{Every: time.Minute, Names: []string{"a", "b"}}}
	if diff := cmp.Diff(want, w); diff != "" || err != "" {
		t.Errorf("%s %s", err, diff)
	}
}

func TestAddressesInListsInBraces(t *testing.T) {
	for text, want := range map[string][]string{
		"part: {names: [web1:80]}": {"web1:80"},
		"part: {names: [127.0.0.1:80, a, 'b:1', \"c:2\", http://d:80/x]}": {"127.0.0.1:80", "a", "b:1", "c:2", "http://d:80/x"},
		"part: {every: 1s, names: [ 10.0.0.1:9100 , x:1:2 ]}":             {"10.0.0.1:9100", "x:1:2"},
		"part: {names: [a, # why\n  b:80]}":                               {"a", "b:80"},
	} {
		w, err := loadText(t, text)
		if diff := cmp.Diff(want, w.Part.Names); diff != "" || err != "" {
			t.Errorf("%s: %s %s", text, err, diff)
		}
	}
	for _, text := range []string{"part: {names: [a: 1]}", "part: {names: [{a:1}]}", "part: {names: [a : 1]}"} {
		if _, err := loadText(t, text); err == "" {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestAllProblemsAreToldByTheirLines(t *testing.T) {
	_, err := loadText(t, "part:\n  names: 7\nextra: 1\ncount: -1\n")
	want := `f has 3 problems
f:2: part.names: "7" is not a list
f:3: extra: unknown key
f:4: count: is negative`
	if diff := cmp.Diff(want, err); diff != "" {
		t.Error(diff)
	}
}

func TestNoFileIsAnError(t *testing.T) {
	var w whole
	if err := Load(filepath.Join(t.TempDir(), "none"), &w, whole.validate); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
