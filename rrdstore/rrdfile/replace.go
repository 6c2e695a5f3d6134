package rrdfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Replace puts a file of this content, as Reshape and Restore give it, at path,
// so that a crash of the machine leaves the old file or the new one. A File that
// is open on the old one still has that: close it first and open it again.
//
// Syscalls: write a temporary file beside it, fsync, close, read it back, rename,
// fsync of the directory.
func Replace(path string, content []byte) error {
	if err := check(content); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	verify := func(tmp string) error {
		found, err := os.ReadFile(tmp)
		if err == nil && !bytes.Equal(found, content) {
			err = errors.New("what was written reads back as something else")
		}
		return err
	}
	if err := put(path, content, (*os.File).Sync, verify); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return nil
}

// check reports what would keep Open from opening a file of this content.
func check(content []byte) error {
	schema, head, err := readHeader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	_, err = decodeState(schema, head[layoutOf(len(schema.DS), len(schema.RRA)).live:])
	return err
}

// put writes a temporary file beside path, verifies it and renames it to path.
func put(path string, b []byte, sync func(*os.File) error, verify func(tmp string) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o644))
	if err == nil {
		err = sync(tmp)
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = verify(tmp.Name())
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
