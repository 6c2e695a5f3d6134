package rrdstore

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

// killed is the directory of a store that died in an update of its archives, and
// in a write to the journal, with a file half made.
func killed(t *testing.T) (dir string, acknowledged []bool, now int64) {
	t.Helper()
	now = epoch
	c := testConfig(t.TempDir())
	fs := durabletest.New(durabletest.Full, 0)
	c.fs, c.files, c.SegmentBytes = fs, faultyFiles{fs: fs}, 1000
	c.Now = func() time.Time { return metric.Time(now) }
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged = workload(s, &now, fs)
	fs.Break()
	if s.FlushAll(nothing) == nil || s.Put(nothing, round(15)) == nil {
		t.Fatal("nothing failed")
	}
	s.abandon()
	writeFile(t, filepath.Join(c.Dir, "archives/g/.new-1.tmp"), []byte("half"))
	segments, err := filepath.Glob(filepath.Join(c.Dir, "journal/*.wal"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	newest := segments[len(segments)-1]
	writeFile(t, newest, append(readFile(t, newest), "torn"...))
	return c.Dir, acknowledged, now
}

// For every operation that can fail while a store is being recovered, or closed
// behind it: the next start has all.
func TestRecoveryWithEveryFailure(t *testing.T) {
	from, acknowledged, now := killed(t)
	everyFailure(t, func(t *testing.T, fs *durabletest.FS, n int64) bool {
		r := &rig{T: t, config: testConfig(t.TempDir()), now: now}
		r.config.Now = func() time.Time { return metric.Time(now) }
		if err := os.CopyFS(r.config.Dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		c := r.config
		c.fs, c.files, c.ReserveBytes = fs, faultyFiles{fs: fs}, 4096
		if s, err := Open(c); err == nil {
			_ = s.FlushAll(nothing)
			_ = s.Checkpoint()
			s.abandon()
		}
		if fs.Ops() < n {
			return false
		}
		r.open()
		defer r.Close()
		for _, when := range []string{"recovered", "flushed"} {
			verify(r, fmt.Sprintf("failure at %d, %s", n, when), acknowledged)
			r.flush()
		}
		tiersAgree(t, c.Dir, "archives/g/_.rrd")
		tiersAgree(t, c.Dir, "archives/c_total/_.rrd")
		return true
	})
}
