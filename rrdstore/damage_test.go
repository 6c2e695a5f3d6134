package rrdstore

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

func tally(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

// Whatever befell a file between two starts: its series is named, the file set
// aside and counted, a new one begun, and all others go on.
func TestDamagedArchiveHarmsNoOther(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":           func([]byte) []byte { return nil },
		"garbage":         func([]byte) []byte { return []byte("this is no archive") },
		"zeros":           func(b []byte) []byte { return make([]byte, len(b)) },
		"another cookie":  func(b []byte) []byte { b[0] ^= 1; return b },
		"another version": func(b []byte) []byte { copy(b[4:], "0009"); return b },
		"in the header":   func(b []byte) []byte { return b[:500] },
		"in the rows":     func(b []byte) []byte { return b[:len(b)/2] },
		"one byte more":   func(b []byte) []byte { return append(b, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			put := func(i int64) {
				r.put(gaugeSample(named("a"), epoch+i*10_000, float64(i)), gaugeSample(named("b"), epoch+i*10_000, float64(i)))
			}
			put(1)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			const path = "archives/a/_.rrd"
			bad := filepath.Join(r.config.Dir, path)
			writeFile(t, bad, damage(readFile(t, bad)))
			damaged := readFile(t, bad)
			r.open()
			put(2)
			r.flush()
			if got := tally(t, r.stats.badFiles); got != 1 {
				t.Errorf("%v files were set aside", got)
			}
			put(3)
			r.crash()
			if got := pointMap(r.points(named("b"), epoch, r.now)); len(got) != 3 {
				t.Errorf("the sound archive has %v", got)
			}
			got := pointMap(r.points(named("a"), epoch, r.now))
			if got[epoch+20_000] != 2 || got[epoch+30_000] != 3 {
				t.Errorf("the new archive has %v", got)
			}
			if !bytes.Equal(readFile(t, bad+".bad"), damaged) {
				t.Error("what was damaged is not there as .bad")
			}
			if n := strings.Count(log.String(), "archive set aside"); n != 1 || strings.Contains(log.String(), "archives/b") {
				t.Errorf("said %d times: %s", n, log.String())
			}
		})
	}
}

// flippedRounds are the rounds in the journal of the next test: the first half
// in one segment, the rest in another. Each has a series of its own.
const flippedRounds = 4

func flippedRound(i int64) []metric.Sample {
	return append(round(i), gaugeSample(named("once", "round", strconv.FormatInt(i, 10)), epoch+i*10_000, 1))
}

// flippedTiers make small files: they are copied for each byte.
func flippedTiers() []Tier {
	return []Tier{{10 * time.Second, 10 * time.Minute}, {time.Minute, time.Hour}}
}

// Whichever byte of a journal is damaged: either nothing is lost, or it is told
// which series lost points, those and no others. What an archive has is not lost.
func TestEveryDamagedByteOfAJournal(t *testing.T) {
	for name, written := range map[string]bool{"in the journal alone": false, "in archives that were synced": true} {
		t.Run(name, func(t *testing.T) {
			from := newRig(t, func(c *Config) { c.Tiers = flippedTiers() })
			for i := int64(1); i <= flippedRounds; i++ {
				from.put(flippedRound(i)...)
				if written {
					from.flush()
					if err := from.syncFiles(); err != nil { // or they are put back to where they were
						t.Fatal(err)
					}
				}
				if i == flippedRounds/2 {
					from.journal.Rotate()
				}
			}
			from.abandon()
			segments, err := filepath.Glob(filepath.Join(from.config.Dir, "journal/*.wal"))
			if err != nil || len(segments) != 2 {
				t.Fatalf("segments %v, %v", segments, err)
			}
			for s := range segments {
				for at := range readFile(t, segments[s]) {
					f := flip{T: t, segments: segments, damaged: s, at: at, written: written}
					f.try(from.config.Dir)
					if t.Failed() {
						return
					}
				}
			}
		})
	}
}

// flip is the damage of one byte of a segment.
type flip struct {
	*testing.T
	segments []string
	damaged  int
	at       int
	written  bool // the archives have all
}

// try opens a store with a journal of which one byte is wrong.
func (f *flip) try(from string) {
	f.Helper()
	var log bytes.Buffer
	r := &rig{T: f.T, config: testConfig(f.TempDir()), now: epoch + flippedRounds*10_000}
	r.config.Tiers = flippedTiers()
	r.config.Now = func() time.Time { return metric.Time(r.now) }
	r.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if f.written {
		if err := os.CopyFS(filepath.Join(r.config.Dir, archiveDir), os.DirFS(filepath.Join(from, archiveDir))); err != nil {
			f.Fatal(err)
		}
	}
	journal := filepath.Join(r.config.Dir, "journal")
	if err := os.Mkdir(journal, 0o755); err != nil {
		f.Fatal(err)
	}
	for s, name := range f.segments {
		b := readFile(f.T, name)
		if s == f.damaged {
			b[f.at] ^= byte(1 << (f.at % 8))
		}
		writeFile(f.T, filepath.Join(journal, filepath.Base(name)), b)
	}
	r.open()
	defer r.Close()
	f.check(r, &log)
}

func (f *flip) check(r *rig, log *bytes.Buffer) {
	f.Helper()
	kind, lost := hit(readFile(f.T, f.segments[f.damaged]), f.at)
	if lost > 0 {
		lost += f.damaged * flippedRounds / 2
	}
	var want []string
	if intact := f.intact(lost); lost == 0 || !f.written {
		verify(r, fmt.Sprintf("byte %d of segment %d", f.at, f.damaged), intact)
	}
	for _, s := range flippedRound(int64(lost)) {
		if lost > 0 && (!f.written || s.Kind == metric.Timing) {
			want = append(want, metric.Time(s.At).UTC().Format(time.RFC3339)+" "+s.Labels.String())
		}
	}
	list := filepath.Join(r.config.Dir, "journal", filepath.Base(f.segments[f.damaged])+".lost")
	var got []string
	if b, err := os.ReadFile(list); err == nil {
		got = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("byte %d of segment %d, a record %q: lost (-want +told):\n%s", f.at, f.damaged, kind, diff)
	}
	bad := tally(f.T, r.stats.badSegments) > 0
	if n := tally(f.T, r.stats.lostSamples); bad && int(n) != len(want) {
		f.Errorf("byte %d of segment %d: %v samples were counted as lost", f.at, f.damaged, n)
	}
	if !bad && !strings.Contains(log.String(), "not whole") || !strings.Contains(log.String(), filepath.Base(f.segments[f.damaged])) {
		f.Errorf("byte %d of segment %d is not told of: %s", f.at, f.damaged, log)
	}
	for _, p := range r.points(named("g"), epoch, r.now) {
		if v := p.Value; !math.IsNaN(v) && (v != math.Trunc(v) || v < 1 || v > flippedRounds) {
			f.Errorf("byte %d of segment %d: %v was never put", f.at, f.damaged, v)
		}
	}
}

// intact are the rounds of which nothing is lost.
func (f *flip) intact(lost int) []bool {
	intact := make([]bool, flippedRounds+1)
	for i := range intact {
		intact[i] = i > 0 && i != lost
	}
	return intact
}

// hit is the kind of the record that a byte of a segment is in, and, if that is a
// batch, which of the segment's.
func hit(data []byte, at int) (kind byte, batch int) {
	for rest := data; ; {
		payload, next, ok := durable.NextRecord(rest)
		if !ok {
			return 0, 0
		}
		if payload[0] == recordBatch {
			batch++
		}
		if at < len(data)-len(next) {
			if payload[0] != recordBatch {
				batch = 0
			}
			return payload[0], batch
		}
		rest = next
	}
}

// A record that is written twice counts once, whichever byte of it is damaged.
func TestRecordsThatAreWrittenTwice(t *testing.T) {
	from := newRig(t, nil)
	from.put(counterSample(named("c_total"), epoch+10_000, epoch, 100))
	for range 2 { // equal ones are two all the same
		if err := from.twice(encodeRaised(from.index.series[0], amounts{total: 7})); err != nil {
			t.Fatal(err)
		}
	}
	from.abandon()
	name := filepath.Join(from.config.Dir, "journal/00000001.wal")
	data := readFile(t, name)
	for at := -1; at < len(data); at++ {
		b := bytes.Clone(data)
		if at >= 0 {
			b[at] ^= 0x40
		}
		if kind, _ := hit(data, at); at >= 0 && kind == recordBatch {
			continue
		}
		r := &rig{T: t, config: testConfig(t.TempDir()), now: epoch + 10_000}
		r.config.Now = from.config.Now
		if err := os.Mkdir(filepath.Join(r.config.Dir, "journal"), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(r.config.Dir, "journal/00000001.wal"), b)
		r.open()
		if got := r.index.series[0].counter.Total; got != 114 {
			t.Errorf("byte %d: the total is %v, want 100 and twice 7", at, got)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
