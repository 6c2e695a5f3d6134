package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
)

// load writes to a server as fast as it answers and knows what was
// acknowledged: batch i puts the value i at the instant base + 10 s × i into
// each of its series.
type load struct {
	base         int64        // Unix seconds, a multiple of 10
	acknowledged atomic.Int64 // batches, all of them in order
	attempted    atomic.Int64
}

const (
	loadSeries = 20
	loadSteps  = 2000 // of 10 s: within the finest tier's six hours
)

// run writes batch after batch to url until one is not acknowledged.
func (l *load) run(url string) {
	client := &http.Client{Timeout: 5 * time.Second}
	for i := l.acknowledged.Load(); i < loadSteps; i++ {
		l.attempted.Store(i + 1)
		res, err := client.Post(url+"/api/v1/write", "application/x-protobuf", bytes.NewReader(l.batch(i)))
		if err != nil {
			return
		}
		res.Body.Close()
		if !l.took(i, res.StatusCode) {
			return
		}
		l.acknowledged.Store(i + 1)
	}
}

// took reports whether batch i is in the store. The batch at which the last
// process was killed may have been written though the answer was lost: then it
// is refused as late, which is as good.
func (l *load) took(i int64, status int) bool {
	again := i == l.acknowledged.Load() && status == http.StatusBadRequest
	return status/100 == 2 || again
}

func (l *load) batch(i int64) []byte {
	var req prompb.WriteRequest
	for n := range loadSeries {
		req.Timeseries = append(req.Timeseries, prompb.TimeSeries{
			Labels: []prompb.Label{{Name: "__name__", Value: "load_gauge"}, {Name: "n", Value: strconv.Itoa(n)}},
			Samples: []prompb.Sample{{
				Timestamp: (l.base + 10*i) * 1000, Value: float64(i),
			}},
		})
	}
	raw, err := req.Marshal()
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return snappy.Encode(nil, raw)
}

// verify checks that every acknowledged value is there, at its own instant, and
// nothing that was never sent.
func (l *load) verify(t *testing.T, s *server) {
	t.Helper()
	acknowledged, attempted := l.acknowledged.Load(), l.attempted.Load()
	got, err := s.queryRange("load_gauge", l.base, l.base+10*loadSteps, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != loadSeries {
		t.Fatalf("%d series, want %d", len(got), loadSeries)
	}
	for _, one := range got {
		has := map[int64]string{}
		for _, p := range one.Values {
			has[(int64(p.at)-l.base)/10] = p.value
		}
		for i := range acknowledged {
			// The first row has no row before it to begin at.
			if want := strconv.FormatInt(i, 10); i > 0 && has[i] != want {
				t.Fatalf("%v: acknowledged %s at step %d, found %q", one.Metric, want, i, has[i])
			}
		}
		newest := one.Values[len(one.Values)-1]
		if v := newest.float(t); v >= float64(attempted) {
			t.Fatalf("%v: found %v, only %d were ever sent", one.Metric, v, attempted)
		}
	}
}

// TestKill9 kills the real binary at random moments under load.
func TestKill9(t *testing.T) {
	rounds := 10
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		rounds = 200
	}
	data := t.TempDir()
	// A short flush makes kills hit the updates of archives too.
	config := writeFile(t, t.TempDir(), "plimsoll.yml", "storage: {flush_interval: 1s, future_limit: 10m}\nagent: {enabled: false}\n")
	l := &load{base: (time.Now().Unix() - 10*loadSteps) / 10 * 10}
	for round := range rounds {
		if l.acknowledged.Load() == loadSteps {
			l.restart(t, &data)
		}
		s := serve(t, data, "-config", config)
		l.verifyIfAny(t, s)
		done := make(chan struct{})
		go func() { l.run(s.url); close(done) }() // ends when the server is killed
		time.Sleep(time.Duration(20+rand.IntN(300)) * time.Millisecond)
		s.kill()
		<-done
		if testing.Verbose() {
			fmt.Printf("round %d: %d batches acknowledged\n", round+1, l.acknowledged.Load())
		}
	}
	s := serve(t, data, "-config", config)
	l.verifyIfAny(t, s)
	archivesAgree(t, s, "load_gauge", l.base, l.base+10*l.acknowledged.Load())
}

func (l *load) verifyIfAny(t *testing.T, s *server) {
	t.Helper()
	if l.acknowledged.Load() > 1 {
		l.verify(t, s)
	}
}

// restart begins anew in an empty directory when all steps were written.
func (l *load) restart(t *testing.T, data *string) {
	t.Helper()
	*data = t.TempDir()
	l.base = (time.Now().Unix() - 10*loadSteps) / 10 * 10
	l.acknowledged.Store(0)
	l.attempted.Store(0)
}
