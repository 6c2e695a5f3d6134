package listen

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func isThere(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// A new process that was never ready costs nothing: what waits is read at the end,
// and the file of a socket goes with its owner.
func TestHandOverThatFailed(t *testing.T) {
	for _, network := range []string{unixgram, unixSock} {
		path := filepath.Join(t.TempDir(), "s")
		var got seen
		old, err := Open(Config{Address: network + "://" + path})
		if err != nil {
			t.Fatal(err)
		}
		f, err := old[0].File()
		if err != nil {
			t.Fatal(err)
		}
		next, err := Open(Config{Address: network + "://" + path}, f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		next[0].Close() // its configuration was wrong after all
		if !isThere(t, path) {
			t.Fatalf("%s: the new process removed the file of the old one", network)
		}
		c := dial(t, old[0].Addr())
		if _, err := c.Write([]byte("a:1|c\n")); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := old[0].Run(ended, got.take); err != nil {
			t.Error(err)
		}
		if !cmp.Equal(got.good, []string{"a:1|c\n"}) {
			t.Errorf("%s: at the end of the old process it has %q", network, got.good)
		}
		if err := old[0].Close(); err != nil {
			t.Error(err)
		}
		if isThere(t, path) {
			t.Errorf("%s: the socket's file is left", network)
		}
	}
}

// The file stays for the next process, which removes it at its own end.
func TestHandOverOfASocketsFile(t *testing.T) {
	for _, network := range []string{unixgram, unixSock} {
		path := filepath.Join(t.TempDir(), "s")
		old, err := Open(Config{Address: network + "://" + path})
		if err != nil {
			t.Fatal(err)
		}
		f, err := old[0].File()
		if err != nil {
			t.Fatal(err)
		}
		next, err := Open(Config{Address: network + "://" + path}, f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		old[0].HandOver()
		old[0].Close()
		if !isThere(t, path) {
			t.Errorf("%s: the old process removed the file of the new one", network)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := next[0].Run(ended, func([]Datagram) {}); err != nil {
			t.Error(err)
		}
		next[0].Close()
		if isThere(t, path) {
			t.Errorf("%s: the socket's file is left", network)
		}
	}
}
