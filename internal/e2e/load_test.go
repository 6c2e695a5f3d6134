package e2e

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
)

// load writes to a server as fast as it answers and knows what was
// acknowledged: batch i puts a value that tells i, at the instant base + 10 s × i,
// into each of its gauges and counters.
type load struct {
	base         int64        // Unix seconds
	acknowledged atomic.Int64 // batches, all of them in order
	attempted    atomic.Int64
}

const (
	loadSeries = 8
	// loadSteps of 10 s are a day and a half, and end before today: all tiers
	// get rows, and the finest goes round several times.
	loadSteps = 13_000
	// resetEvery is how many steps a counter's source lives.
	resetEvery = 1500
)

func newLoad() *load {
	const day = 86_400
	return &load{base: time.Now().Unix()/day*day - day - day/2 - 1800}
}

// run writes batch after batch to url until one is not acknowledged.
func (l *load) run(url string) {
	for l.acknowledged.Load() < loadSteps && l.step(url) {
		continue
	}
}

// step writes the next batch and tells whether it was acknowledged.
func (l *load) step(url string) bool {
	i := l.acknowledged.Load()
	again := l.attempted.Load() > i
	l.attempted.Store(i + 1)
	client := &http.Client{Timeout: 30 * time.Second}
	res, err := client.Post(url+"/api/v1/write", "application/x-protobuf", bytes.NewReader(l.batch(i)))
	if err != nil {
		return false
	}
	res.Body.Close()
	// A batch that was written though the answer was lost, as the process was
	// killed then, is refused as late, which is as good.
	if res.StatusCode/100 != 2 && (!again || res.StatusCode != http.StatusBadRequest) {
		return false
	}
	l.acknowledged.Store(i + 1)
	return true
}

// put writes so many batches, all of which must be acknowledged.
func (l *load) put(t *testing.T, s *server, batches int) {
	t.Helper()
	for range batches {
		if !l.step(s.url) {
			t.Fatalf("batch %d is not acknowledged", l.acknowledged.Load())
		}
	}
}

func (l *load) batch(i int64) []byte {
	var req prompb.WriteRequest
	add := func(name string, n int64, v float64) {
		req.Timeseries = append(req.Timeseries, prompb.TimeSeries{
			Labels:  []prompb.Label{{Name: "__name__", Value: name}, {Name: "n", Value: strconv.FormatInt(n, 10)}},
			Samples: []prompb.Sample{{Timestamp: (l.base + 10*i) * 1000, Value: v}},
		})
	}
	for n := range int64(loadSeries) {
		add("load_gauge", n, gaugeOf(i, n))
		add("load_total", n, rawOf(i, n))
	}
	raw, err := req.Marshal()
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return snappy.Encode(nil, raw)
}

// gaugeOf is the value of gauge n in batch i.
func gaugeOf(i, n int64) float64 { return float64(i*13%1009 + n + 1) }

// increase is by how much counter n grows in batch i, and rawOf what its source
// says then: it starts again from zero now and then.
func increase(i, n int64) float64 { return float64(i%997 + n + 1) }

func rawOf(i, n int64) float64 {
	sum := 0.0
	for k := i - i%resetEvery; k <= i; k++ {
		sum += increase(k, n)
	}
	return sum
}

// gaugeRow and rateRow are the rows of the finest tier that batch i makes. A
// counter's first value tells of no time.
func gaugeRow(i, n int64) float64 { return gaugeOf(i, n) }

func rateRow(i, n int64) float64 {
	if i == 0 {
		return math.NaN()
	}
	return increase(i, n) / 10
}
