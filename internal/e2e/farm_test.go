package e2e

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sort"
	"strconv"
	"testing"
	"time"
)

// farmSeconds is the tier of which a row has all that the farm observed.
const farmSeconds = 20

// TestBandOfAFarm has three hosts with different times: the p95 of the series
// without instance is that of all their observations.
func TestBandOfAFarm(t *testing.T) {
	t.Parallel()
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(`flush: 1s
agent: {enabled: false}
farm: {grace: 2s}
storage:
  step: 1s
  heartbeat: 1m
  tiers: [{step: 1s, keep: 1h}, {step: %ds, keep: 24h}]
`, farmSeconds))
	s := serve(t, t.TempDir(), "-config", config)
	var conns []net.Conn
	for i := range 3 {
		udp := freeUDP(t)
		file := writeFile(t, t.TempDir(), "agent.yml", fmt.Sprintf(
			"instance: web%d\ndata: %s\ncollectors: [%q]\nhost: {enabled: false}\ncounterd: {flush: 1s, listen: [%q]}\n",
			i, t.TempDir(), s.url, udp))
		o := &outage{T: t, udp: udp, config: file}
		o.agent()
		conn, err := net.Dial("udp", udp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	end := roomyWindow(t)
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	var all []float64
	for n := range 900 {
		ms := []float64{10, 100, 900}[n%3] * math.Exp(rand.NormFloat64()/2)
		text := strconv.FormatFloat(ms, 'f', 3, 64)
		if _, err := fmt.Fprintf(conns[n%3], "farm.time:%s|ms", text); err != nil {
			t.Fatal(err)
		}
		if n%10 == 9 {
			<-pace.C // a burst would overrun a socket's buffer
		}
		v, _ := strconv.ParseFloat(text, 64)
		all = append(all, v/1000)
	}
	if time.Now().After(end.Add(-2 * time.Second)) {
		t.Fatal("the machine is too busy: the observations may lie in two rows")
	}
	sort.Float64s(all)
	s.wants(t, `farm_time_seconds_count{job="counterd", instance=""}`, "900")
	for i := range 3 {
		s.wants(t, fmt.Sprintf(`farm_time_seconds_count{instance="web%d"}`, i), "300")
	}
	p95, count := s.farmRow(t, end.Unix())
	if want := all[int(math.Ceil(0.95*900))-1]; count != 900 || math.Abs(p95-want) > 0.01*want {
		t.Errorf("p95 is %v of %v observations, want %v", p95, count, want)
	}
}

// roomyWindow waits until there is time in a row, and returns its end. A busy
// daemon ends its interval late, so the first moments of a row are left out.
func roomyWindow(t *testing.T) time.Time {
	t.Helper()
	now := time.Now()
	end := now.Truncate(farmSeconds * time.Second).Add(farmSeconds * time.Second)
	if left := end.Sub(now); left < 8*time.Second || left > (farmSeconds-2)*time.Second {
		if left < 8*time.Second {
			end = end.Add(farmSeconds * time.Second)
		} else {
			left = 0
		}
		select {
		case <-t.Context().Done():
		case <-time.After(left + 2*time.Second):
		}
	}
	return end
}

// farmRow waits for the row of the merged series that ends at the instant end.
func (s *server) farmRow(t *testing.T, end int64) (p95, count float64) {
	t.Helper()
	path := fmt.Sprintf("/api/plimsoll/v1/fetch?match=farm_time_seconds&cf=AVERAGE&resolution=%d&start=%d&end=%d", farmSeconds, end-farmSeconds, end)
	eventually(t, "the row of "+filepath.Base(path), func() error {
		flush(t, s)
		var answer fetched
		if err := s.json(path, &answer); err != nil {
			return err
		}
		for _, one := range answer.Series {
			for _, r := range one.Rows {
				values := r[1].([]any)
				if one.Labels["instance"] == "" && int64(r[0].(float64)) == end && values[9] != nil {
					p95, count = number(values[4]), number(values[9])
					return nil
				}
			}
		}
		return fmt.Errorf("got %+v", answer)
	})
	return p95, count
}
