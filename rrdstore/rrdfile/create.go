package rrdfile

import (
	"bytes"
	"fmt"
	"os"
)

// Create makes the file at path from a template, the bytes of an empty file of
// the wanted schema, as if it had been made with its last update at lastUpdate
// (unix seconds). A file that is there is replaced.
//
// Syscalls: write a temporary file beside it, close, stat, rename. It does not
// sync: until the caller does, a crash of the machine may leave no file, or one
// that Open refuses.
func Create(path string, template []byte, lastUpdate int64) error {
	b, err := stamp(template, lastUpdate)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	verify := func(tmp string) error { return verifySize(tmp, int64(len(b))) }
	if err := put(path, b, func(*os.File) error { return nil }, verify); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return nil
}

// stamp returns a copy of the template that was last updated at sec.
func stamp(template []byte, sec int64) ([]byte, error) {
	schema, head, err := readHeader(bytes.NewReader(template), int64(len(template)))
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if sec < 0 || sec > maxSeconds {
		return nil, fmt.Errorf("last update %d s out of range", sec)
	}
	l := layoutOf(len(schema.DS), len(schema.RRA))
	st, err := decodeState(schema, head[l.live:])
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	st.start(schema, sec)
	b := append([]byte(nil), template...)
	st.encode(schema, b[l.live:l.rows])
	return b, nil
}

func verifySize(path string, want int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != want {
		return fmt.Errorf("wrote %d bytes, found %d", want, info.Size())
	}
	return nil
}
