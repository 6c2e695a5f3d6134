package rrdfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A file that could only be opened for reading is written as soon as it may be,
// under whatever name it has then.
func TestReadOnlyDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := openFD(path, unix.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	d := &descriptor{path: path, fd: fd, readOnly: true}
	if err := os.Rename(path, path+".bad"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	if _, err := d.ReadAt(b, 0); err != nil || string(b) != "abc" {
		t.Errorf("read %q, %v", b, err)
	}
	if _, err := d.WriteAt([]byte("X"), 1); err != nil || d.readOnly {
		t.Errorf("write: %v", err)
	}
	if got, err := os.ReadFile(path + ".bad"); string(got) != "aXc" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	d.readOnly = true
	if _, err := d.WriteAt(nil, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write to a closed file: %v", err)
	}
}
