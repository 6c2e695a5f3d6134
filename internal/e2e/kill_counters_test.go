package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// tierSeconds is the tier whose intervals daemons are killed in, several times
// each; killedFlush that of the counter daemon.
const (
	tierSeconds = 20
	killedFlush = 4
	// mayLose is what a kill may cost: the second that is open, and how late it
	// is ended. A busy machine is later still, see observe.
	mayLose = 1500 * time.Millisecond
)

// observation is a line that was sent.
type observation struct {
	at      time.Time
	seconds float64
	open    bool // a kill may have cost it
}

// TestKill9MidInterval kills the service several times in an interval of a tier:
// its p95 and count are those of all observations but at most the last second's.
func TestKill9MidInterval(t *testing.T) {
	intervals := 1
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		intervals = 20
	}
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(
		"flush: %ds\nagent: {enabled: false}\nstorage:\n  step: %ds\n  heartbeat: 1m\n  tiers: [{step: %ds, keep: 1h}, {step: %ds, keep: 24h}]\n",
		killedFlush, killedFlush, killedFlush, tierSeconds))
	data, udp := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	var all []observation
	for intervals > 0 {
		end := roomySpan(t)
		s := serve(t, data, "-config", config, "-udp", udp)
		var sent []observation
		for range 3 {
			sent = append(sent, observe(t, udp, time.Duration(1700+rand.IntN(1000))*time.Millisecond, s.kill)...)
			s = serve(t, data, "-config", config, "-udp", udp)
		}
		sent = append(sent, observe(t, udp, time.Second, func() {})...)
		all = append(all, sent...)
		if time.Now().Before(end) { // else the machine was too busy: once more
			s.hasRow(t, end.Unix(), sent)
			intervals--
		}
		s.hasTotals(t, all)
		s.kill()
	}
}

// roomySpan waits until there is time enough in an interval, and returns its end.
func roomySpan(t *testing.T) time.Time {
	t.Helper()
	const needed = 13 * time.Second
	now := time.Now()
	end := now.Truncate(tierSeconds * time.Second).Add(tierSeconds * time.Second)
	if wait := end.Sub(now); wait < needed {
		select {
		case <-t.Context().Done():
		case <-time.After(wait):
		}
		end = end.Add(tierSeconds * time.Second)
	}
	return end
}

// observe sends log-normal times for so long, and then calls after. What it had
// to wait itself at worst, the service may have had to wait too.
func observe(t *testing.T, udp string, long time.Duration, after func()) (sent []observation) {
	t.Helper()
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late, last := time.Duration(0), time.Now()
	for ctx.Err() == nil {
		ms := strconv.FormatFloat(100*math.Exp(rand.NormFloat64()), 'f', 3, 64)
		if _, err := fmt.Fprintf(conn, "killed.hits:1|c\nkilled:%s|ms", ms); err != nil {
			t.Fatal(err)
		}
		v, _ := strconv.ParseFloat(ms, 64)
		sent = append(sent, observation{at: time.Now(), seconds: v / 1000})
		<-tick.C
		late, last = max(late, time.Since(last)), time.Now()
	}
	killed := time.Now()
	after()
	for i := range sent {
		sent[i].open = killed.Sub(sent[i].at) < mayLose+late
	}
	return sent
}

// hasRow waits for the row of the tier that ends at the instant end, and holds
// it against what was sent.
func (s *server) hasRow(t *testing.T, end int64, sent []observation) {
	t.Helper()
	path := fmt.Sprintf("/api/plimsoll/v1/fetch?match=killed_seconds&cf=AVERAGE&resolution=%d&start=%d&end=%d", tierSeconds, end-tierSeconds, end)
	const p95, count = 4, 9 // columns
	var row []any
	eventually(t, "the row of the tier", func() error {
		flush(t, s) // makes the archive, if it is not there yet
		var answer fetched
		if err := s.json(path, &answer); err != nil {
			return err
		}
		for _, one := range answer.Series {
			for _, r := range one.Rows {
				if values := r[1].([]any); int64(r[0].(float64)) == end && values[count] != nil {
					row = values
					return nil
				}
			}
		}
		return fmt.Errorf("got %+v", answer)
	})
	certain := 0
	for _, o := range sent {
		if !o.open {
			certain++
		}
	}
	if n := row[count].(float64); n < float64(certain) || n > float64(len(sent)) {
		t.Errorf("%v observations, sent %d and before the last seconds %d", n, len(sent), certain)
	}
	low, high := bounds(sent, 0.95)
	if got := row[p95].(float64); got < 0.99*low || got > 1.01*high {
		t.Errorf("p95 is %v, of all that was sent %v to %v", got, low, high)
	}
}

// bounds returns the least and the greatest quantile that is possible, whatever
// of the open observations was lost.
func bounds(sent []observation, q float64) (low, high float64) {
	var all []float64
	for _, o := range sent {
		all = append(all, o.seconds)
	}
	slices.Sort(all)
	middle := all[int(q*float64(len(all)))]
	without := func(lost func(float64) bool) float64 {
		var left []float64
		for _, o := range sent {
			if !o.open || !lost(o.seconds) {
				left = append(left, o.seconds)
			}
		}
		slices.Sort(left)
		return left[int(q*float64(len(left)-1))]
	}
	return without(func(v float64) bool { return v >= middle }), without(func(v float64) bool { return v < middle })
}

// hasTotals compares counter and timing: both lines of a datagram count, or none.
func (s *server) hasTotals(t *testing.T, sent []observation) {
	t.Helper()
	certain := 0
	for _, o := range sent {
		if !o.open {
			certain++
		}
	}
	eventually(t, "the totals", func() error {
		hits, err := s.query("killed_hits_total")
		if err != nil {
			return err
		}
		times, err := s.query("killed_seconds_count")
		if err != nil || len(hits) != 1 || len(times) != 1 {
			return fmt.Errorf("%v and %v: %w", hits, times, err)
		}
		n := hits[0].Value.float(t)
		if n != times[0].Value.float(t) || n < float64(certain) || n > float64(len(sent)) {
			return fmt.Errorf("%v counted, %v timed, sent %d and before the last seconds %d",
				n, times[0].Value.value, len(sent), certain)
		}
		return nil
	})
}
