package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// runOnce has Run drain.
func (r *rig) runOnce() {
	r.Helper()
	ctx, cancel := context.WithCancel(nothing)
	cancel()
	done := make(chan error, 1)
	go func() { done <- r.Store.Run(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			r.Fatal(err)
		}
	case <-time.After(time.Minute):
		r.Fatal("Run does not end")
	}
}

func TestRunDrainsAndCloseOnlyCloses(t *testing.T) {
	r := newRig(t, nil)
	r.put(gaugeSample(named("g"), epoch+10_000, 1))
	r.runOnce()
	if got := r.Stats(); got.BufferedBytes != 0 || got.Files != 1 || got.Series != 1 {
		t.Errorf("after the drain: %+v", got)
	}
	name := filepath.Join(r.config.Dir, checkpointFile)
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	r.put(gaugeSample(named("g"), epoch+20_000, 2))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(name); err != nil || !os.SameFile(before, after) {
		t.Errorf("Close made a checkpoint, though Run did: %v", err)
	}
	r.open()
	if v := r.value("g", r.now); v != 2 {
		t.Errorf("put after the drain: %v, want 2", v)
	}
	if err := r.FlushAll(nothing); err != nil {
		t.Error(err)
	}
}

// slowFiles takes its time to make an archive: until free is closed, or a
// moment for each.
type slowFiles struct {
	nativeFiles
	free   chan struct{}
	moment time.Duration
}

func (f slowFiles) Create(path string, template []byte, last int64) error {
	select {
	case <-f.free:
	case <-time.After(f.moment):
	}
	return f.nativeFiles.Create(path, template, last)
}

// putMany puts a sample into each of n gauges.
func (r *rig) putMany(n int) {
	r.Helper()
	samples := make([]metric.Sample, n)
	for i := range samples {
		samples[i] = gaugeSample(named("g", "i", fmt.Sprintf("%03d", i)), epoch+10_000, 1)
	}
	r.put(samples...)
}

// flushEnded waits until an update that was left behind is through.
func (r *rig) flushEnded() {
	r.Helper()
	err := r.beginFlush(nothing)
	if err == nil {
		r.endFlush()
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		r.Fatal(err)
	}
}

// The first update of many series takes long; the end of the service does not.
func TestDrainIsBounded(t *testing.T) {
	const n = 2000
	for name, moment := range map[string]time.Duration{"slow": 20 * time.Millisecond, "stuck": time.Hour} {
		t.Run(name, func(t *testing.T) {
			files := slowFiles{free: make(chan struct{}), moment: moment}
			r := newRig(t, func(c *Config) { c.files, c.DrainTimeout = files, 200*time.Millisecond })
			r.putMany(n)
			r.runOnce()
			err := r.Close()
			if made := r.Stats().Files; made >= n {
				t.Errorf("%d archives were made in %s", made, r.config.DrainTimeout)
			}
			if stuck := moment == time.Hour; stuck != (err != nil) || stuck && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close: %v", err)
			}
			close(files.free)
			r.flushEnded()
			r.crash()
			if v := r.value("count(g)", r.now); v != n {
				t.Errorf("%v series after the restart, want %d", v, n)
			}
		})
	}
}

func TestCloseWithoutRunIsBounded(t *testing.T) {
	files := slowFiles{free: make(chan struct{}), moment: time.Hour}
	r := newRig(t, func(c *Config) { c.files, c.DrainTimeout = files, 50*time.Millisecond })
	r.putMany(3)
	if err := r.Close(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v, want that archives are being updated", err)
	}
	close(files.free)
	r.flushEnded()
}
