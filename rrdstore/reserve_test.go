package rrdstore

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

// The room that is kept goes to the journal when the disk is full, and not to
// new archives; it is kept again when there is room for both.
func TestReserve(t *testing.T) {
	const kept = 1 << 16
	fs := durabletest.New(durabletest.Full, 0)
	r := newRig(t, func(c *Config) { c.fs, c.files, c.ReserveBytes = fs, faultyFiles{fs: fs}, kept })
	check := func(when string, full bool, files int) {
		t.Helper()
		info, err := os.Stat(filepath.Join(r.config.Dir, reserveFile))
		if held := err == nil && info.Size() == kept; held == full {
			t.Errorf("%s: the room is kept: %v, %v", when, held, err)
		}
		if got := r.Stats(); got.DiskFull != full || got.Files != files {
			t.Errorf("%s: %+v", when, got)
		}
	}
	r.put(gaugeSample(named("g"), epoch+10_000, 1))
	r.flush()
	check("at first", false, 1)
	fs.Break()
	if err := r.Put(nothing, []metric.Sample{gaugeSample(named("g"), epoch+20_000, 2)}); !isFull(err) {
		t.Fatalf("Put: %v", err)
	}
	check("full", true, 1)
	fs.Heal()
	r.put(gaugeSample(named("g"), epoch+20_000, 2), gaugeSample(named("new"), epoch+20_000, 1))
	if err := r.FlushAll(nothing); !errors.Is(err, errReserved) {
		t.Errorf("a new archive: %v", err)
	}
	check("in the room that was kept", true, 1)
	r.crash() // there is room: it is kept from the start
	check("opened", false, 1)
	r.flush()
	check("with room", false, 2)

	fs.Break()
	r.report("update archives", errors.Join(errReserved, fs.Op()))
	check("full again", true, 2)
	fs.Heal()
	r.reserve.renew()
	check("renewed", false, 2)
}
