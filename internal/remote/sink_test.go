package remote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

func TestWhatIsPutArrivesInOrder(t *testing.T) {
	for _, versions := range [][]string{nil, {"2.0"}} {
		e := newEngine(t)
		e.versions = versions
		r := start(t, testConfig(t.TempDir(), e))
		r.put(gauge("g", 10_000, 1.5), counter("c_total", 10_000, 3_000, 7))
		r.put(gauge("g", 20_000, -2), counter("c_total", 20_000, 3_000, 9))
		r.put(timed(20_000, 1, 3))
		r.put(timed(30_000, 5))
		r.flush()
		want := []string{
			`{__name__="g"} 1.5 @10000`, `{__name__="c_total"} 0 @3000`, `{__name__="c_total"} 7 @10000`,
			`{__name__="g"} -2 @20000`, `{__name__="c_total"} 9 @20000`,
		}
		got := e.samples()
		if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
			t.Error(diff)
		}
		for _, w := range []string{
			`{__name__="t_seconds", quantile="0.5"} 1 @20000`, `{__name__="t_seconds", quantile="0.99"} 3 @20000`,
			`{__name__="t_seconds_min"} 1 @20000`, `{__name__="t_seconds_max"} 3 @20000`, `{__name__="t_seconds_stddev"} 1 @20000`,
			`{__name__="t_seconds_sum"} 0 @10000`, `{__name__="t_seconds_sum"} 4 @20000`, `{__name__="t_seconds_sum"} 9 @30000`,
			`{__name__="t_seconds_count"} 0 @10000`, `{__name__="t_seconds_count"} 2 @20000`, `{__name__="t_seconds_count"} 3 @30000`,
		} {
			if n := count(got, w); n != 1 {
				t.Errorf("%s came %d times", w, n)
			}
		}
		if e.histograms != 2*len(versions) {
			t.Errorf("%d native histograms with %v", e.histograms, versions)
		}
		if st := r.Stats(); st.WaitingSamples != 0 || st.Samples != 6 || st.BehindSeconds != 0 {
			t.Errorf("stats %+v", st)
		}
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// Whatever the engine answers for a while, nothing is lost and nothing comes out
// of order.
func TestOutage(t *testing.T) {
	for name, answer := range map[string]func([]string) (int, string){
		"503": always(503), "500": always(500), "408": always(408), "429": func([]string) (int, string) { return 429, "0" }, "401": always(401), "404": always(404), "302": always(302),
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			e.answers(answer)
			r := start(t, testConfig(t.TempDir(), e))
			var want []string
			for i := range int64(50) {
				s := gauge("g", (i+1)*10_000, float64(i))
				r.put(s)
				want = append(want, text(s.Labels, s.Value, s.At))
			}
			waitFor(t, e, 3)
			if st := r.Stats(); st.WaitingSamples != 50 || r.Ready() != nil {
				t.Errorf("%+v %v", st, r.Ready())
			}
			e.answers(nil)
			r.flush()
			if diff := cmp.Diff(want, e.samples()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// waitFor returns when the engine was asked n times.
func waitFor(t *testing.T, e *engine, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		e.mu.Lock()
		asked := e.requests
		e.mu.Unlock()
		if asked >= n {
			return
		}
	}
	t.Fatalf("the engine was not asked %d times", n)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, step := range []struct {
		a    answer
		want time.Duration
	}{{answer{status: 429, wait: 7 * time.Second}, 7 * time.Second}, {answer{status: 503, wait: time.Hour}, 5 * time.Minute}} {
		if got := s.wait(3, step.a); got != step.want {
			t.Errorf("waits %s, want %s", got, step.want)
		}
	}
	for attempt := range 40 {
		if got := s.wait(attempt, answer{}); got <= 0 || got > c.MaxBackoff+1 {
			t.Errorf("attempt %d waits %s", attempt, got)
		}
	}
}

// One sample that the engine does not want costs no other.
func TestRefusedForGoodCostsOnlyItself(t *testing.T) {
	for _, status := range []int{400, 409, 413, 422} {
		e := newEngine(t)
		e.answers(func(samples []string) (int, string) {
			if slices.ContainsFunc(samples, func(s string) bool { return strings.Contains(s, "bad") }) {
				return status, ""
			}
			return http.StatusNoContent, ""
		})
		r := start(t, testConfig(t.TempDir(), e))
		var batch []metric.Sample
		var want []string
		for i := range int64(100) {
			name := "good"
			if i == 17 || i == 60 {
				name = "bad"
			}
			s := gauge(fmt.Sprint(name, i), 10_000, 1)
			batch = append(batch, s)
			if name == "good" {
				want = append(want, text(s.Labels, s.Value, s.At))
			}
		}
		r.put(batch...)
		r.flush()
		if diff := cmp.Diff(want, e.samples()); diff != "" {
			t.Error(diff)
		}
		if st := r.Stats(); st.EngineRefused != 2 || st.LastRefusal != fmt.Sprintf(`{__name__="bad60"}: http %d: the engine says no`, status) {
			t.Errorf("%+v", st)
		}
	}
}

// A restart, or several, in an outage: all that was put comes, and totals go on.
func TestRestartInAnOutage(t *testing.T) {
	e := newEngine(t)
	dir := t.TempDir()
	e.answers(always(503))
	var want []string
	for round := range int64(4) {
		c := testConfig(dir, e)
		c.DrainTimeout = time.Millisecond
		r := start(t, c)
		for i := range int64(5) {
			s := gauge("g", (round*5+i+1)*10_000, float64(i))
			r.put(s, timed((round*5+i+1)*10_000, 1, 2))
			want = append(want, text(s.Labels, s.Value, s.At), fmt.Sprintf(`{__name__="t_seconds_count"} %d @%d`, 2*(round*5+i+1), s.At-epoch))
		}
		r.stop()
	}
	e = newEngine(t) // what was on its way to the other may still arrive there
	r := start(t, testConfig(dir, e))
	if st := r.Stats(); st.WaitingSamples != 40 {
		t.Errorf("%d samples wait, want 40", st.WaitingSamples)
	}
	r.flush()
	got := e.samples()
	for _, w := range want {
		if n := count(got, w); n != 1 {
			t.Errorf("%s came %d times", w, n)
		}
	}
	r.stop()
	r = start(t, testConfig(dir, e)) // nothing is left to send
	r.put(timed(300_000, 1))
	r.flush()
	if more := e.samples()[len(got):]; len(more) != 11 || count(more, `{__name__="t_seconds_count"} 41 @300000`) != 1 {
		t.Errorf("after the last restart came %q", more)
	}
}

// overflow puts many samples, of which the sender has the first hundred in hand
// while the engine takes none, into a journal that holds a part of them.
func overflow(t *testing.T) (e *engine, r *running) {
	t.Helper()
	e = newEngine(t)
	e.answers(always(503))
	c := testConfig(t.TempDir(), e)
	c.MaxJournalBytes = 8 * minSegmentBytes
	c.DrainTimeout = time.Millisecond
	r = start(t, c)
	for i := int64(0); i < overflowing; {
		var batch []metric.Sample
		for range inHand {
			s := gauge("g", i+1, float64(i)*1.1)
			s.Labels = named("g", "noise", fmt.Sprintf("%x", uint64(i)*0x9E3779B97F4A7C15))
			batch = append(batch, s)
			i++
		}
		r.put(batch...)
		if i == inHand {
			waitFor(t, e, 1) // the round has begun, and gets no longer
		}
	}
	if err := r.tidy(); err != nil {
		t.Fatal(err)
	}
	if b := r.journal.Bytes(); b > c.MaxJournalBytes {
		t.Errorf("%d bytes, more than %d", b, c.MaxJournalBytes)
	}
	return e, r
}

const overflowing, inHand = 40_000, 100

// droppedBy is what a sink counted as lost.
func droppedBy(t *testing.T, s *Sink) int {
	t.Helper()
	var m dto.Metric
	if err := s.stats.dropped.Write(&m); err != nil {
		t.Fatal(err)
	}
	return int(m.GetCounter().GetValue())
}

// What the journal cannot hold goes, the oldest first, and is counted; but not
// what is on its way by then, which comes.
func TestFullJournalDropsTheOldest(t *testing.T) {
	e, r := overflow(t)
	dropped, waiting := droppedBy(t, r.Sink), int(r.Stats().WaitingSamples)
	if dropped < overflowing/4 || waiting != overflowing-dropped {
		t.Errorf("%d dropped, %d wait", dropped, waiting)
	}
	e.answers(nil)
	r.flush()
	got := e.samples()
	if len(got) != waiting {
		t.Fatalf("%d came, %d waited", len(got), waiting)
	}
	for i, s := range got[:inHand] {
		if at(t, s) != int64(i)+1 {
			t.Errorf("%s came as number %d", s, i)
		}
	}
	behind := map[int64]bool{}
	for _, s := range got[inHand:] {
		behind[at(t, s)] = true
	}
	for i := int64(overflowing); i > int64(inHand+dropped); i-- {
		if !behind[i] {
			t.Fatalf("@%d did not come, %d were dropped", i, dropped)
		}
	}
	if after := r.Stats(); after.WaitingSamples != 0 || droppedBy(t, r.Sink) != dropped {
		t.Errorf("then %d wait, %d dropped", after.WaitingSamples, droppedBy(t, r.Sink))
	}
}

// What is in hand alone is lost when the service ends, and counted then.
func TestFullJournalAtTheEnd(t *testing.T) {
	_, r := overflow(t)
	dropped := droppedBy(t, r.Sink)
	r.stop()
	if now := droppedBy(t, r.Sink); now != dropped+inHand {
		t.Errorf("%d dropped at the end, %d before", now, dropped)
	}
	e := newEngine(t) // what was on its way to the other may still arrive there
	again := start(t, testConfig(filepath.Dir(r.cfg.Dir), e))
	again.flush()
	if got := e.samples(); len(got) != overflowing-dropped-inHand {
		t.Errorf("%d came, want all but %d", len(got), dropped+inHand)
	}
}

// inOrder checks that the samples of each series came one after the other.
func inOrder(t *testing.T, got []string) {
	t.Helper()
	last := map[string]int64{}
	for _, s := range got {
		name, _, _ := strings.Cut(s, "} ")
		if at(t, s) <= last[name] {
			t.Fatalf("%s came after one @%d", s, last[name])
		}
		last[name] = at(t, s)
	}
}

func at(t *testing.T, sample string) (ms int64) {
	t.Helper()
	if _, err := fmt.Sscan(sample[strings.LastIndex(sample, "@")+1:], &ms); err != nil {
		t.Fatal(err)
	}
	return ms
}

func TestRefusals(t *testing.T) {
	r := start(t, testConfig(t.TempDir(), newEngine(t)))
	r.put(gauge("g", 20_000, 1), timed(20_000, 1))
	for reason, s := range map[string]metric.Sample{
		reasonLate: gauge("g", 20_000, 2), reasonFuture: gauge("g", 48*3_600_000, 1), reasonTime: gauge("g", -epoch, 1),
		reasonNegative: counter("c_total", 10, 5, -1), reasonEmpty: {Labels: named("e_seconds"), Kind: metric.Timing, At: epoch},
		reasonLabels: gauge("", 10, 1), reasonKind: gauge("t_seconds", 30_000, 1), reasonTaken: counter("t_seconds_count", 30_000, 0, 1),
	} {
		var refused *metric.RefusedError
		if err := r.Put(context.Background(), []metric.Sample{s}); !errors.As(err, &refused) || refused.Reasons[reason] != 1 {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// A source that began anew is seen though its value is higher than before, and
// what is sent never falls.
func TestCounterThatBeganAnew(t *testing.T) {
	e := newEngine(t)
	r := start(t, testConfig(t.TempDir(), e))
	r.put(counter("c_total", 10_000, 1_000, 5))
	r.put(counter("c_total", 20_000, 1_400, 6)) // the same run, its start told anew
	r.put(counter("c_total", 30_000, 22_000, 9))
	r.put(counter("c_total", 40_000, 22_000, 2)) // it fell
	r.flush()
	want := []string{
		`{__name__="c_total"} 0 @1000`, `{__name__="c_total"} 5 @10000`, `{__name__="c_total"} 6 @20000`,
		`{__name__="c_total"} 6 @22000`, `{__name__="c_total"} 15 @30000`, `{__name__="c_total"} 17 @40000`,
	}
	if diff := cmp.Diff(want, e.samples()); diff != "" {
		t.Error(diff)
	}
}

// At each operation of the file system, failing, torn or full from then on:
// what was acknowledged is sent, and nothing else than what was put.
func TestFaultsLoseNothing(t *testing.T) {
	for name, mode := range durabletest.Modes {
		for n := int64(1); ; n++ {
			if !survives(t, fmt.Sprintf("%s at %d", name, n), mode, n) {
				break
			}
		}
	}
}

// survives puts samples with a fault at operation n, starts again on a sound
// disk, and compares. It returns false when there was no operation n.
func survives(t *testing.T, name string, mode durabletest.Mode, n int64) bool {
	t.Helper()
	dir, e := t.TempDir(), newEngine(t)
	c := testConfig(dir, e)
	c.SyncInterval = 0
	faulty := durabletest.New(mode, n)
	c.fs = faulty
	acked, tried := map[string]bool{}, map[string]bool{}
	if s, err := Open(c); err == nil {
		for i := range int64(4) {
			at := (i + 1) * 10_000 // the counter's source begins anew each time
			one := []metric.Sample{gauge("g", at, 1), timed(at, 1), counter("c_total", at, at-1_000, 5)}
			tried[text(one[0].Labels, 1, one[0].At)] = true
			if s.Put(context.Background(), one) == nil {
				acked[text(one[0].Labels, 1, one[0].At)] = true
			}
			if i == 1 { // half is sent before the end
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				_ = s.Run(ctx) // fails as the disk does
			}
		}
		_ = s.lock.Unlock() // the process is gone, and nothing is written any more
	}
	r := start(t, testConfig(dir, e))
	r.put(timed(90_000, 1), counter("c_total", 90_000, 89_000, 5))
	r.flush()
	r.stop()
	got := e.samples()
	for _, s := range got {
		if strings.HasPrefix(s, `{__name__="g"}`) && !tried[s] {
			t.Errorf("%s: %s was never put", name, s)
		}
	}
	for s := range acked {
		if count(got, s) == 0 {
			t.Errorf("%s: %s was acknowledged and is lost", name, s)
		}
	}
	distinct := map[string]bool{}
	for _, s := range got {
		distinct[s] = strings.HasPrefix(s, `{__name__="g"}`)
	}
	maps.DeleteFunc(distinct, func(_ string, is bool) bool { return !is })
	for _, total := range []string{
		fmt.Sprintf(`{__name__="t_seconds_count"} %d @90000`, len(distinct)+1), fmt.Sprintf(`{__name__="c_total"} %d @90000`, 5*(len(distinct)+1)),
	} {
		if count(got, total) != 1 {
			t.Errorf("%s: no %s in %q", name, total, got[max(0, len(got)-14):])
		}
	}
	return faulty.Ops() >= n
}

func TestDamagedFilesAreSetAside(t *testing.T) {
	dir, e := t.TempDir(), newEngine(t)
	r := start(t, testConfig(dir, e))
	r.put(timed(10_000, 1))
	r.flush()
	r.stop()
	for _, name := range []string{"cursor", "totals"} {
		if err := os.WriteFile(filepath.Join(dir, "remote", name), []byte("garbage"), 0o644); err != nil && name == "cursor" {
			t.Fatal(err)
		}
	}
	r = start(t, testConfig(dir, e))
	r.put(timed(20_000, 1))
	r.flush()
	if got := e.samples(); count(got, `{__name__="t_seconds_count"} 2 @20000`) != 1 {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "remote", "cursor.bad")); err != nil {
		t.Error(err)
	}
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	start(t, testConfig(dir, newEngine(t)))
	if _, err := Open(testConfig(dir, nil)); err == nil {
		t.Error("a second one was opened")
	}
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{Write: "x", Flavour: "y", TLS: TLS{CertFile: "z"}}.Validate()
	for _, key := range []string{"write", "read", "flavour", "tls", "write_timeout", "read_timeout", "max_journal_bytes", "max_samples_per_send", "max_read_samples", "max_reads"} {
		if err == nil || !strings.Contains(err.Error(), "storage."+key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
	c := Config{Write: "http://h:1", Read: "http://h:1/select/0/prometheus/"}
	if got := c.writeURL() + " " + c.readURL("read"); got != "http://h:1/api/v1/write http://h:1/select/0/prometheus/api/v1/read" {
		t.Error(got)
	}
}

func FuzzRecord(f *testing.F) {
	whole, err := encodeRecord(7, []entry{{Sample: gauge("g", 1, 2)}, {Sample: timed(5, 1, 2), sum: 3, count: 2}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		seq, entries, err := decodeRecord(b)
		if err != nil {
			return
		}
		again, err := encodeRecord(seq, entries)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice, err := decodeRecord(again); err != nil || len(twice) != len(entries) {
			t.Errorf("%d entries became %d: %v", len(entries), len(twice), err)
		}
	})
}
