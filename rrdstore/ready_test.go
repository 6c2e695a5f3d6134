package rrdstore

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

// The clock was an hour ahead for a while: that is told until it is past.
func TestAheadOfTheClock(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	l := named("up")
	rounds := rounds{slot: epoch / 1000, checkpoint: metric.Time(epoch)}
	check := func(when string, at, ahead int64, warnings int) {
		t.Helper()
		r.now = at
		r.tick(nothing, &rounds, metric.Time(at))
		r.tick(nothing, &rounds, metric.Time(at))
		if got := r.Stats().AheadSeconds; got != float64(ahead) {
			t.Errorf("%s: %v s ahead, want %d", when, got, ahead)
		}
		if err := r.Ready(); err != nil { // one sender's clock is no illness of ours
			t.Errorf("%s: %v", when, err)
		}
		if got := strings.Count(log.String(), "ahead of the clock"); got != warnings {
			t.Errorf("%s: logged %d times, want %d", when, got, warnings)
		}
	}
	r.put(gaugeSample(l, epoch+10_000, 1))
	check("right", epoch+10_000, 0, 0)
	r.put(gaugeSample(l, epoch+3_620_000, 1))
	check("wrong", epoch+3_620_000, 0, 0)
	check("set back", epoch+20_000, 3600, 1)
	if got := r.refused(gaugeSample(l, r.now, 2)); got[reasonLate] != 1 {
		t.Errorf("refused %v", got)
	}
	r.reopen()
	check("after a restart", epoch+30_000, 3590, 1)
	check("nearly caught up", epoch+3_560_000, 60, 1)
	check("caught up", epoch+3_630_000, 0, 1)
	r.put(gaugeSample(l, r.now, 2))
	check("wrong again", epoch+3_000_000, 630, 2)
}

func TestNotReadyWithoutAJournal(t *testing.T) {
	fs := durabletest.New(durabletest.Full, 0)
	r := newRig(t, func(c *Config) { c.fs = fs })
	put := func(i int64) error { return r.Put(nothing, []metric.Sample{gaugeSample(named("g"), epoch+i, 1)}) }
	if err := r.Ready(); err != nil {
		t.Errorf("at first: %v", err)
	}
	fs.Break()
	if err := put(10); !isFull(err) {
		t.Fatalf("Put: %v", err)
	}
	if err := put(-epoch); err == nil { // refused before the journal: says nothing of it
		t.Error("a sample of 1970 was accepted")
	}
	if err := r.Ready(); !isFull(err) {
		t.Errorf("on a full disk: %v", err)
	}
	fs.Heal()
	if err := put(20); err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
