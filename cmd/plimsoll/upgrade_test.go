package main

import (
	"net"
	"path/filepath"
	"testing"
)

func TestNotify(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := tellManager(t.Context(), "READY=1"); err != nil {
		t.Errorf("nobody wants to know: %v", err)
	}
	path := filepath.Join(t.TempDir(), "s")
	for _, address := range []string{path, "@plimsoll-test-" + filepath.Base(t.TempDir()) + path} {
		conn, err := net.ListenPacket("unixgram", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("NOTIFY_SOCKET", address)
		if err := tellManager(t.Context(), "READY=1"); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		if n, _, err := conn.ReadFrom(buf); err != nil || string(buf[:n]) != "READY=1" {
			t.Errorf("%s: %q %v", address, buf[:n], err)
		}
		conn.Close()
	}
	t.Setenv("NOTIFY_SOCKET", path+".none")
	if err := tellManager(t.Context(), "READY=1"); err == nil {
		t.Error("told nobody")
	}
}

func TestProgramIsAnAbsolutePath(t *testing.T) {
	if path, err := program(); err != nil || !filepath.IsAbs(path) {
		t.Errorf("%q %v", path, err)
	}
}
