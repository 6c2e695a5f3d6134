package rrdstore

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Writers, readers, flushes and checkpoints side by side: every reader sees a
// counter that only grows, and at the end all is there.
func TestAllAtOnce(t *testing.T) {
	const rounds = 300
	c := testConfig(t.TempDir())
	c.MaxOpenFiles = 2
	c.Now = func() time.Time { return metric.Time(epoch + (rounds+1)*10_000) }
	r := &rig{T: t, config: c, now: epoch + rounds*10_000}
	r.open()
	defer r.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	beside := func(do func() error) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := do(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	beside(func() error { return r.FlushAll(nothing) })
	beside(r.Checkpoint)
	beside(func() error { r.Stats(); return nil })
	beside(func() error { return growing(r) })
	beside(func() error {
		_, err := r.Fetch(nothing, FetchRequest{CF: "AVERAGE", Start: epoch / 1000, End: r.now / 1000, MaxValues: math.MaxInt64})
		return err
	})
	for i := int64(1); i <= rounds; i++ {
		changing := gaugeSample(named("k"), epoch+i*10_000, 1)
		if i > rounds/2 {
			changing.Kind = metric.Counter
		}
		if err := r.Put(nothing, append(sent(i), changing)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	if v := r.value("k", r.now); v != 1 {
		t.Errorf("the series whose kind changed has %v", v)
	}
	checkPoints(r, 0, rounds)
}

func growing(r *rig) error {
	q, err := r.Querier(epoch, r.now)
	if err != nil {
		return err
	}
	set := q.Select(nothing, false, nil, labels.MustNewMatcher(labels.MatchEqual, "__name__", "c_total"))
	for set.Next() {
		it, before := set.At().Iterator(nil), -1.0
		for it.Next() != 0 {
			at, v := it.At()
			if v < before {
				return fmt.Errorf("%s fell from %v to %v at %d", set.At().Labels(), before, v, at)
			}
			before = v
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	return set.Err()
}

// Bit flips in the journal cost at most the records they hit: the store opens,
// the damage is counted, and no value is wrong.
func TestJournalBitFlips(t *testing.T) {
	for at := int64(0); ; at += 97 {
		var log strings.Builder
		r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		for i := int64(1); i <= 10; i++ {
			r.put(gaugeSample(named("g"), epoch+i*10_000, float64(i)), gaugeSample(named("h"), epoch+i*10_000, float64(i)))
		}
		r.abandon()
		name := filepath.Join(r.config.Dir, "journal/00000001.wal")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if at >= int64(len(data)) {
			r.open()
			return
		}
		data[at] ^= 0x10
		writeFile(t, name, data)
		r.open()
		for at, v := range pointMap(r.points(named("g"), epoch, r.now)) {
			if v != float64((at-epoch)/10_000) {
				t.Errorf("flip at %d: %v at %d", at, v, at)
			}
		}
		told := regexp.MustCompile(`file=\S+/journal/00000001.wal (unreadable_)?bytes=[1-9]\d+ `)
		if out := log.String() + " "; !told.MatchString(strings.ReplaceAll(out, "\n", " ")) || strings.Contains(out, "samples=0") {
			t.Errorf("flip at %d: neither file nor bytes are named in %q", at, out)
		}
		if at > 100 && len(r.points(named("g"), epoch, r.now)) < 9 {
			t.Errorf("flip at %d cost more than its record", at)
		}
	}
}

func TestUnwritableArchiveIsBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxPerArchive = 5 })
	for i := int64(1); i <= 5; i++ {
		r.put(gaugeSample(named("g"), epoch+i*10_000, 1))
	}
	r.now = epoch + 60_000
	if got := r.refused(gaugeSample(named("g"), r.now, 1)); got[reasonBuffer] != 1 {
		t.Errorf("refused %v", got)
	}
	r.flush()
	r.put(gaugeSample(named("g"), r.now, 1))
}

func TestClosedStoreRefuses(t *testing.T) {
	r := newRig(t, nil)
	r.Close()
	if err := r.Put(nothing, sent(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	if _, err := r.Querier(0, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("Querier: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestValidateNamesTheKeys(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	c := Default()
	c.Dir, c.Heartbeat, c.MaxSeries, c.Tiers = "", 5*time.Second, 0, []Tier{{time.Minute, time.Hour}}
	err := c.Validate()
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) || len(all.Unwrap()) != 4 {
		t.Errorf("four mistakes, reported: %v", err)
	}
}

func TestLimitsThatCannotBe(t *testing.T) {
	c := Default()
	c.Quotas = []Quota{{Label: "job", Max: 1}, {Label: "job", Match: "a_*", Max: 1}, {Label: "job", Max: 2}, {Label: "job", Match: "[", Max: -3}}
	c.RetireAfter, c.RemoveAfter, c.RetireInterval = 0, -time.Hour, 0
	err := c.Validate()
	for _, want := range []string{
		`storage.quotas[2]: there is one of "job" already, quotas[0]`, `storage.quotas[3].max: -3 is`, `storage.quotas[3].match: "["`,
		"storage.remove_after: -1h0m0s is negative", "storage.retire_interval: 0s is not",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
	if n := strings.Count(fmt.Sprint(err), "storage."); n != 5 {
		t.Errorf("%d mistakes: %v", n, err)
	}
}

// Journal records and checkpoints that no program of ours wrote do no harm.
func FuzzReplay(f *testing.F) {
	sr := &series{ref: 1, labels: named("g", "a", "b")}
	batch, err := encodeBatch(nil, []entry{{series: sr, at: epoch, value: 1}}, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(batch)
	f.Add(append([]byte{recordTwice}, encodeRaised(sr, amounts{1, 0})...))
	sr.defined = 0
	var names nameRoom
	names.encode([]entry{{series: sr, at: epoch, value: 1}}, 1)
	f.Add(names.record(batch))
	f.Add(new(headerRoom).encode([]savedHeader{{"archives/x/_.rrd", []byte("header")}}))
	f.Add(encodeClose(epoch))
	c := testConfig(f.TempDir())
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := newStore(c)
		r := newReplayer(s)
		if err := r.record(1, payload); err != nil {
			t.Fatal(err)
		}
		r.broken()
		head := encoder{}
		head.byte(checkpointVersion)
		head.uint(1)
		head.uint(1)
		state, err := head.frame(nil)
		if err == nil {
			state, err = durable.AppendRecord(state, payload)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = newStore(c).loadCheckpoint(state)
	})
}

func FuzzPath(f *testing.F) {
	f.Add("archives/cpu/host=a,mode=user")
	f.Add("archives/a%2/_")
	f.Fuzz(func(t *testing.T, base string) {
		l, err := parseBase(base)
		if err != nil {
			return
		}
		if again, hashed := basePath(l); !hashed {
			if back, err := parseBase(again); err != nil || !labels.Equal(back, l) {
				t.Errorf("%q: %s became %q and %s, %v", base, l, again, back, err)
			}
		}
	})
}
