package rrdstore

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// A tier put between others, or one taken away, leaves to each of the others
// the sketch of its own open interval.
func TestTiersChangeUnderOpenSketches(t *testing.T) {
	r := newRig(t, nil)
	l := named("t_seconds")
	for i := int64(1); i <= 18; i++ { // three minutes
		r.put(timingSample(l, epoch+i*10_000-5_000, 1))
	}
	check := func(when string, want map[time.Duration]float64) {
		t.Helper()
		got := map[time.Duration]float64{}
		for i, in := range r.timings[0].timer.open {
			tier := r.cfg.Tiers[i]
			if in.sketch == nil {
				continue
			}
			got[tier.Step] = in.sketch.Count()
			if in.end != ceilTo(r.now, tier.millis()) {
				t.Errorf("%s: the interval of %s ends %d s after the begin", when, tier.Step, (in.end-epoch)/1000)
			}
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %s", when, cmp.Diff(want, got))
		}
	}
	before := map[time.Duration]float64{10 * time.Second: 1, time.Minute: 6, 10 * time.Minute: 18, time.Hour: 18, day: 18}
	check("before", before)
	all := r.config.Tiers
	r.config.Tiers = append(append(append([]Tier{}, all[:2]...), Tier{5 * time.Minute, 10 * day}), all[2:]...)
	r.reopen()
	check("with 5m", before)
	r.config.Tiers = append(append([]Tier{}, all[:2]...), all[3:]...)
	r.reopen()
	delete(before, 10*time.Minute)
	check("without 10m", before)
}

// volumes counts how often a file system is opened and synced.
type volumes struct {
	durable.FS
	opened, synced *int
}

func (v volumes) OpenVolume(dir string) (durable.Volume, error) {
	*v.opened++
	of, err := v.FS.OpenVolume(dir)
	return countedVolume{of, v.synced}, err
}

type countedVolume struct {
	durable.Volume
	synced *int
}

func (v countedVolume) SyncAll() error {
	*v.synced++
	return v.Volume.SyncAll()
}

// One and the same descriptor is synced each time: another would not be told of
// writes that failed before it was opened.
func TestVolumeStaysOpen(t *testing.T) {
	var opened, synced int
	r := newRig(t, func(c *Config) { c.fs = volumes{c.fs, &opened, &synced} })
	for i := int64(1); i <= 3; i++ {
		r.put(gaugeSample(named("g"), epoch+i*10_000, 1))
		r.flush()
		if err := r.Checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	if opened != 1 || synced != 3 {
		t.Errorf("opened %d times for %d syncs, want 1 and 3", opened, synced)
	}
}

// A checkpoint is many records; one that ends early, or between two of them, is
// not taken for a whole one.
func TestCheckpointOfManyRecords(t *testing.T) {
	const n = 3000
	r := newRig(t, nil)
	var samples []metric.Sample
	for i := range n {
		samples = append(samples, gaugeSample(named("g", "i", fmt.Sprint(i), "long", string(bytes.Repeat([]byte("x"), 1000))), epoch+10_000, 1))
	}
	r.put(samples...)
	if err := r.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	data := readFile(t, filepath.Join(r.config.Dir, checkpointFile))
	ends := []int{}
	for rest := data; len(rest) > 0; {
		var ok bool
		if _, rest, ok = durable.NextRecord(rest); !ok {
			t.Fatal("a record is damaged")
		}
		ends = append(ends, len(data)-len(rest))
	}
	if len(ends) < 4 {
		t.Errorf("%d records of %d bytes", len(ends), len(data))
	}
	c := r.config
	for _, end := range append(ends[:len(ends)-1:len(ends)-1], ends[1]+1, len(data)-1, 0) {
		if _, err := newStore(c).loadCheckpoint(data[:end]); err == nil {
			t.Errorf("cut to %d of %d bytes, it was taken for whole", end, len(data))
		}
	}
	s := newStore(c)
	if _, err := s.loadCheckpoint(data); err != nil || len(s.index.series) != n {
		t.Errorf("%d series, %v, want %d", len(s.index.series), err, n)
	}
}
