package rrdstore

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// closed is a closed store of gauges, a counter and a timing, all in archives.
func closed(t *testing.T, log *bytes.Buffer, samples func(at int64) []metric.Sample) *rig {
	t.Helper()
	r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	for i := int64(1); i <= 12; i++ {
		r.put(samples(epoch + i*10_000)...)
	}
	r.flush()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	return r
}

func allKinds(at int64) []metric.Sample {
	return []metric.Sample{
		gaugeSample(named("g", "i", "1"), at, 1), gaugeSample(named("g", "i", "2"), at, 2),
		counterSample(named("c_total"), at, epoch, 5), timingSample(named("t_seconds"), at, 1),
	}
}

// With other resolutions the archives that are there go on in their own, and all
// that is in them is read, which is said once.
func TestArchivesKeepTheirShape(t *testing.T) {
	twice := DefaultTiers() // with as many rows: the files would have the same size
	for i := range twice {
		twice[i] = Tier{2 * twice[i].Step, 2 * twice[i].Keep}
	}
	for name, tiers := range map[string][]Tier{
		"same sizes": twice, "coarser": DefaultTiers()[1:], "finer": append([]Tier{{5 * time.Second, time.Hour}}, DefaultTiers()...),
		"same step": {{10 * time.Second, 12 * time.Hour}, {5 * time.Minute, 30 * day}, {time.Hour, 400 * day}},
	} {
		for _, adopted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, adopted), func(t *testing.T) {
				var log bytes.Buffer
				r := closed(t, &log, allKinds)
				if adopted {
					removeAll(t, r.config.Dir, checkpointFile, checkpointOld, "journal")
				}
				r.config.Step, r.config.Tiers = tiers[0].Step, tiers
				note, err := r.config.InspectArchives()
				if err != nil || !strings.Contains(note, "plimsoll reshape") || !strings.Contains(note, "archives/") {
					t.Errorf("note %q, %v", note, err)
				}
				r.open()
				if n := strings.Count(log.String(), "plimsoll reshape"); n != 1 {
					t.Errorf("told %d times of it:\n%s", n, log.String())
				}
				r.goesOn()
			})
		}
	}
}

// goesOn puts more of allKinds behind what closed put, and asks for all of it.
func (r *rig) goesOn() {
	r.Helper()
	for i := int64(13); i <= 24; i++ {
		r.put(allKinds(epoch + i*10_000)...)
	}
	for _, do := range []func(){func() {}, r.flush, r.reopen} {
		do()
		for expr, want := range map[string]float64{
			"g{i='2'}": 2, "avg_over_time(g{i='1'}[4m])": 1, "c_total": 5, "g{i='1'} offset 3m": 1, "c_total offset 3m": 5,
		} {
			if v := r.value(expr, r.now); v != want {
				r.Errorf("%s = %v, want %v", expr, v, want)
			}
		}
	}
}

// A damaged archive is named at the start, though nobody asks for its series.
func TestDamagedArchiveIsNamedAtTheStart(t *testing.T) {
	const path = "archives/g/i=2.rrd"
	for _, adopted := range []bool{false, true} {
		for name, size := range map[string]func(int64) int64{
			"empty": func(int64) int64 { return 0 }, "in the cookie": func(int64) int64 { return 3 },
			"in the header": func(int64) int64 { return 500 }, "in the rows": func(n int64) int64 { return n / 2 },
			"one less": func(n int64) int64 { return n - 1 }, "one more": func(n int64) int64 { return n + 1 },
		} {
			var log bytes.Buffer
			r := closed(t, &log, allKinds)
			full := filepath.Join(r.config.Dir, path)
			if err := os.Truncate(full, size(int64(len(readFile(t, full))))); err != nil {
				t.Fatal(err)
			}
			if adopted {
				removeAll(t, r.config.Dir, checkpointFile, checkpointOld, "journal")
			}
			r.open()
			if !strings.Contains(log.String(), `file="`+path) || strings.Contains(log.String(), "i=1") {
				t.Errorf("%s, adopted %v: log is\n%s", name, adopted, log.String())
			}
		}
	}
}

// The log of a disk that lost all has an end.
func TestManyDamagedArchives(t *testing.T) {
	var log bytes.Buffer
	r := closed(t, &log, func(at int64) (out []metric.Sample) {
		for i := range shownDamaged + 5 {
			out = append(out, gaugeSample(named("g", "i", fmt.Sprint(i)), at, 1))
		}
		return out
	})
	for i := range shownDamaged + 5 {
		writeFile(t, filepath.Join(r.config.Dir, fmt.Sprintf("archives/g/i=%d.rrd", i)), nil)
	}
	r.open()
	if n := strings.Count(log.String(), "\n"); n != shownDamaged+1 || !strings.Contains(log.String(), "archives=5") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}
