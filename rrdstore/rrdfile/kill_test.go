package rrdfile

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const killEnv = "PLIMSOLL_RRDFILE_KILL"

// batch is update number i of the writer that is killed.
func batch(i int64) []Point { return steady(standard, began+70*i, 7, climb) }

// A writer killed at any moment leaves a file that, after the same points again,
// is the one it would have been.
func TestKilledWriterIsRepaired(t *testing.T) {
	if path := os.Getenv(killEnv); path != "" {
		writeUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "a.rrd")
	for round := range 20 {
		if err := Create(path, empty(standard), began); err != nil {
			t.Fatal(err)
		}
		killWriter(t, path, 20+3*round)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		done := (f.LastMillis()/1000 - began) / 70
		if f.LastMillis() != (began+70*done)*1000 || done < 20 {
			t.Fatalf("the file is at %d ms, within a batch", f.LastMillis())
		}
		want := &memory{b: empty(standard)}
		w := openMemory(t, want)
		for i := range done + 5 {
			mustUpdate(t, w, batch(i))
		}
		for i := done; i < done+5; i++ {
			mustUpdate(t, f, batch(i))
		}
		f.Close()
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.b) {
			t.Fatalf("round %d: not the file that was meant, %v", round, err)
		}
	}
}

// killWriter runs a writer and kills it while it goes on after some updates.
func killWriter(t *testing.T, path string, updates int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriterIsRepaired$")
	cmd.Env = append(os.Environ(), killEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); updates > 0 && lines.Scan(); updates-- {
		continue
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil || updates > 0 {
		t.Fatalf("the writer ended by itself, %d updates early", updates)
	}
}

func writeUntilKilled(t *testing.T, path string) {
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := int64(0); i < 1e6; i++ {
		mustUpdate(t, f, batch(i))
		fmt.Println(i)
	}
}
