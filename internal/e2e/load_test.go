package e2e

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
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
