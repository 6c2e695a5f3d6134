package rrdstore

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

const killDir = "PLIMSOLL_KILL_DIR"

// sent is what round i of the child puts. Each value tells its round.
func sent(i int64) []metric.Sample {
	var samples []metric.Sample
	at := epoch + i*10_000
	for k := range int64(12) {
		host := fmt.Sprint("host", k)
		samples = append(samples, gaugeSample(named("g", "host", host), at, gaugeOf(i, k)))
		samples = append(samples, counterSample(named("c_total", "host", host), at, epoch, counterOf(i, k)))
	}
	return append(samples, timingSample(named("t_seconds"), at, gaugeOf(i, 0), gaugeOf(i, 0)))
}

func gaugeOf(i, k int64) float64   { return float64(i*13%1009 + k + 1) }
func counterOf(i, k int64) float64 { return float64(i*i + k*i) }

// TestKillChild is the process that TestKill kills. It puts rounds as fast as
// it can, flushing and checkpointing beside it, and prints each round that was
// acknowledged.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return
	}
	c := testConfig(dir)
	c.SegmentBytes, c.FlushInterval = 20_000, time.Second
	c.Now = func() time.Time { return metric.Time(epoch + 100*365*24*3_600_000) }
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for i := 0; ; i++ { // ends with the process
			_ = s.flushSlot(nothing, 0)
			if i%5 == 4 {
				_ = s.Checkpoint()
			}
		}
	}()
	for i := lastRound(s) + 1; ; i++ {
		if err := s.Put(nothing, sent(i)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(os.Stderr, i)
	}
}

func lastRound(s *Store) int64 {
	last := int64(0)
	for _, sr := range s.index.series {
		last = max(last, (sr.last-epoch)/10_000)
	}
	return last
}

// Kill -9 at any time loses nothing acknowledged and shifts no archive.
func TestKill(t *testing.T) {
	rounds := 10
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		rounds = 200
	}
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	acknowledged := int64(0)
	for n := range rounds {
		last := killOnce(t, dir, time.Duration(random.IntN(250))*time.Millisecond)
		if last <= acknowledged {
			t.Fatalf("kill %d: round %d was acknowledged, %d before it", n, last, acknowledged)
		}
		acknowledged = last
		checkKilled(t, dir, n, acknowledged)
		if t.Failed() {
			return
		}
	}
}

// killOnce runs the child, kills it a while after its first round, and returns
// the last round that it said was acknowledged. The child ends by that kill and
// by nothing else.
func killOnce(t *testing.T, dir string, after time.Duration) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	var said bytes.Buffer // a failure of its own
	cmd.Stdout = &said
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Signal(syscall.SIGABRT) }) // ends the reading
	last, odd := readRounds(out, func() {
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	})
	_ = cmd.Wait() // that it was killed is seen below
	hung.Stop()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %s after round %d\n%s%s", cmd.ProcessState, last, odd, said.String())
	}
	return last
}

// readRounds reads the numbers that the child prints, to its end, and calls
// begun behind the first. What is no number is returned. A line cut short was
// not told.
func readRounds(out io.Reader, begun func()) (last int64, odd string) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return last, odd + line
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			odd += line
			continue
		}
		if last == 0 {
			begun()
		}
		last = n
	}
}

// checkKilled opens what the child left and compares every row with what was
// sent, before and after the waiting points are written.
func checkKilled(t *testing.T, dir string, n int, acknowledged int64) {
	t.Helper()
	r := &rig{T: t, config: testConfig(dir)}
	r.config.Now = func() time.Time { return metric.Time(r.now) }
	r.open()
	defer r.Close()
	last := lastRound(r.Store)
	r.now = epoch + last*10_000
	if last < acknowledged {
		t.Errorf("kill %d: round %d was acknowledged, the last one found is %d", n, acknowledged, last)
	}
	for _, flushed := range []bool{false, true} {
		if flushed {
			r.flush()
			checkRows(r, n, last)
		}
		checkPoints(r, n, last)
	}
}

// checkPoints looks with the eyes of PromQL: all rounds in the finest tier.
func checkPoints(r *rig, n int, last int64) {
	r.Helper()
	first := max(1, last-2000)
	for k := range int64(12) {
		host := fmt.Sprint("host", k)
		gauge := pointMap(r.points(named("g", "host", host), epoch+first*10_000, r.now))
		count := pointMap(r.points(named("c_total", "host", host), epoch+first*10_000, r.now))
		for i := first; i <= last; i++ {
			at := epoch + i*10_000
			if !near(gauge[at], gaugeOf(i, k)) || count[at] != counterOf(i, k) {
				r.Errorf("kill %d, %s, round %d of %d: gauge %v counter %v, want %v and %v", n, host, i, last, gauge[at], count[at], gaugeOf(i, k), counterOf(i, k))
				return
			}
		}
	}
	if v := r.value("t_seconds_count", r.now); v != float64(2*last) {
		r.Errorf("kill %d: timing count %v, want %v", n, v, 2*last)
	}
}

// checkRows reads the archives themselves, in every tier: none is shifted.
func checkRows(r *rig, n int, last int64) {
	r.Helper()
	for k := range int64(12) {
		base, _ := basePath(named("g", "host", fmt.Sprint("host", k)))
		eachRow(r.T, r.config.Dir, base+".rrd", expect(func(i int64) float64 { return gaugeOf(i, k) }))
		base, _ = basePath(named("c_total", "host", fmt.Sprint("host", k)))
		eachRow(r.T, r.config.Dir, base+".rrd", expect(func(i int64) float64 { return (counterOf(i, k) - counterOf(i-1, k)) / 10 }))
	}
	files, err := filepath.Glob(filepath.Join(r.config.Dir, archiveDir, "t_seconds/*.rrd"))
	if err != nil || len(files) < 2 && last > 6 {
		r.Errorf("archives of the timing: %v, %v", files, err)
	}
	for _, name := range files {
		path, err := filepath.Rel(r.config.Dir, name)
		if err != nil {
			r.Fatal(err)
		}
		eachRow(r.T, r.config.Dir, path, timingRow)
	}
	if r.Failed() {
		r.Logf("kill %d, round %d", n, last)
	}
}

// timingRow checks a row of a timing: two observations in each round.
func timingRow(_ rrdfile.RRA, r row) error {
	count, sum, least, greatest := 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for i := max(1, (r.from-epoch)/10_000+1); i <= (r.at-epoch)/10_000; i++ {
		v := gaugeOf(i, 0)
		count, sum, least, greatest = count+2, sum+2*v, min(least, v), max(greatest, v)
	}
	if count == 0 {
		return nil // before the first
	}
	got := r.values
	if got[columnCount] != count || !near(got[columnSum], sum) || got[columnMin] != least || got[columnMax] != greatest {
		return fmt.Errorf("%v, want %v observations of %v to %v, in all %v", got, count, least, greatest, sum)
	}
	return nil
}
