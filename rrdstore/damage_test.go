package rrdstore

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
// in one segment, the rest in another.
const flippedRounds = 4

// Whichever byte of a journal is damaged: the loss is told, and is that of one
// record, or, where it held the labels, of what its segment says of them.
func TestEveryDamagedByteOfAJournal(t *testing.T) {
	from := newRig(t, nil)
	for i := int64(1); i <= flippedRounds; i++ {
		from.put(round(i)...)
		if i == flippedRounds/2 {
			from.journal.Rotate()
		}
	}
	from.abandon()
	segments, err := filepath.Glob(filepath.Join(from.config.Dir, "journal/*.wal"))
	if err != nil || len(segments) != 2 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	for s, name := range segments {
		data := readFile(t, name)
		for at := range data {
			flipByte(t, segments, s, data, at)
			if t.Failed() {
				return
			}
		}
	}
}

// flipByte opens a store with a journal of which one byte is wrong.
func flipByte(t *testing.T, segments []string, damaged int, data []byte, at int) {
	t.Helper()
	var log bytes.Buffer
	r := &rig{T: t, config: testConfig(t.TempDir()), now: epoch + flippedRounds*10_000}
	r.config.Now = func() time.Time { return metric.Time(r.now) }
	r.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	journal := filepath.Join(r.config.Dir, "journal")
	if err := os.Mkdir(journal, 0o755); err != nil {
		t.Fatal(err)
	}
	for s, name := range segments {
		b := readFile(t, name)
		if s == damaged {
			b[at] ^= byte(1 << (at % 8))
		}
		writeFile(t, filepath.Join(journal, filepath.Base(name)), b)
	}
	r.open()
	defer r.Close()
	intact := make([]bool, flippedRounds+1)
	hit := recordOf(data, at)
	for i := 1; i <= flippedRounds; i++ {
		s, n := (i-1)/(flippedRounds/2), (i-1)%(flippedRounds/2)
		intact[i] = s != damaged || n != hit && hit != 0 // the first tells the labels
	}
	verify(r, fmt.Sprintf("byte %d of segment %d", at, damaged), intact)
	if bad := tally(t, r.stats.badSegments); bad == 0 && !strings.Contains(log.String(), "not whole") {
		t.Errorf("byte %d of segment %d: nothing was said", at, damaged)
	}
	if lost := tally(t, r.stats.lostSamples); hit == 0 && lost != 3*(flippedRounds/2-1) {
		t.Errorf("byte %d of segment %d: %v samples were counted as lost", at, damaged, lost)
	}
	if !strings.Contains(log.String(), filepath.Base(segments[damaged])) {
		t.Errorf("byte %d: segment %d is not named in %s", at, damaged, log.String())
	}
	for _, p := range r.points(named("g"), epoch, r.now) {
		if v := p.Value; !math.IsNaN(v) && (v != math.Trunc(v) || v < 1 || v > flippedRounds) {
			t.Errorf("byte %d of segment %d: %v was never put", at, damaged, v)
		}
	}
}

// recordOf is the number of the record that a byte of a segment is in.
func recordOf(data []byte, at int) (n int) {
	for rest := data; ; n++ {
		_, next, ok := durable.NextRecord(rest)
		if !ok || at < len(data)-len(next) {
			return n
		}
		rest = next
	}
}
