package process

import (
	"os"
	"testing"
)

func TestWhatWasWritten(t *testing.T) {
	w, err := parseIO("rchar: 7\nwchar: 4096\nsyscr: 1\nread_bytes: 0\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n")
	if err != nil || w != (Written{Calls: 4096, Pages: 8192}) {
		t.Errorf("%+v, %v", w, err)
	}
	if _, err := parseIO("wchar: many\n"); err == nil {
		t.Error("a word was taken for a number")
	}
}

func TestThisProcess(t *testing.T) {
	cpu, err := CPUTime(os.Getpid())
	if err != nil || cpu <= 0 {
		t.Errorf("%v of CPU, %v", cpu, err)
	}
	rss, err := RSSBytes(os.Getpid())
	if err != nil || rss < 1<<20 {
		t.Errorf("%d bytes, %v", rss, err)
	}
}
