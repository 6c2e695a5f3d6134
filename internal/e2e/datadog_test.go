package e2e

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
)

// TestDataDogClient sends with DataDog's own client for Go.
func TestDataDogClient(t *testing.T) {
	t.Setenv("DD_EXTERNAL_ENV", "it-false,cn-web,pu-71")
	in := newIntake(t)
	sent := map[string]string{} // names by case
	cases := map[string]struct {
		address string
		option  statsd.Option
		lines   int
		bad     map[string]uint64
		views   string // page_view is 5; who adds up himself can take one off it
	}{
		"plain":      {in.udp, statsd.WithoutClientSideAggregation(), 28, map[string]uint64{"negative value": 1}, "5"},
		"aggregated": {"unixgram://" + in.unixgram, statsd.WithClientSideAggregation(), 24, map[string]uint64{}, "4"},
		"packed":     {in.udp, statsd.WithExtendedClientSideAggregation(), 13, map[string]uint64{}, "4"},
	}
	for name, c := range cases {
		t.Run("send "+name, func(t *testing.T) {
			before := in.account(t).Ignored
			sent[name] = in.counts(t, c.bad, func(run string) int {
				client, err := statsd.New(c.address, c.option,
					statsd.WithNamespace(run+name), statsd.WithTags([]string{"env:prod"}), statsd.WithoutTelemetry(),
					statsd.WithAggregationInterval(time.Minute), // that is, at Close
					statsd.WithContainerID("ci-71"), statsd.WithCardinality(statsd.CardinalityLow))
				if err != nil {
					t.Fatal(err)
				}
				sendAsDataDog(t, client, run+name)
				return c.lines
			}) + name
			if in.account(t).Ignored == before {
				t.Error("no origin field was sent")
			}
		})
	}
	for name, prefix := range sent {
		t.Run("see "+name, func(t *testing.T) {
			in.shows(t, prefix, dataDog)
			in.shows(t, prefix, map[string]string{`NAME_page_view_total`: cases[name].views})
			in.hasEvent(t, prefix+".deployed", "7.3.1\nby anna")
		})
	}
}

// dataDog is what sendAsDataDog comes to.
var dataDog = map[string]string{
	`NAME_hits_total{env="prod",page="home"}`: "2",
	`NAME_hits_total{page=""}`:                "1",
	`NAME_temp{env="prod"}`:                   "21",
	`max_over_time(NAME_users[5m])`:           "2",
	`NAME_db_seconds_count`:                   "10",
	`NAME_db_seconds_sum`:                     "2.5",
	`NAME_wait_seconds_sum`:                   "0.1",
	`NAME_size_sum`:                           "1024",
	`NAME_stamped`:                            "7",
	`NAME_stamped_hits_total`:                 "3",
	`service_check_status{check="NAME.can_connect",host="web3",env="prod"}`: "2",
}

// sendAsDataDog makes 28 calls, and closes.
func sendAsDataDog(t *testing.T, c *statsd.Client, name string) {
	t.Helper()
	now := time.Now()
	do := func(errs ...error) {
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	do(c.Incr("page_view", nil, 1), c.Count("page_view", 4, nil, 1), c.Decr("page_view", nil, 1))
	do(c.Count("hits", 2, []string{"page:home"}, 1), c.Incr("hits", nil, 1))
	do(c.Gauge("temp", 20, nil, 1), c.Gauge("temp", 21, nil, 1))
	do(c.Set("users", "bob", nil, 1), c.Set("users", "ann", nil, 1), c.Set("users", "bob", nil, 1))
	for range 10 {
		do(c.Timing("db", 250*time.Millisecond, nil, 1))
	}
	do(c.Histogram("wait", 40, nil, 1), c.Histogram("wait", 60, nil, 1))
	do(c.Distribution("size", -512, nil, 1), c.Distribution("size", 1536, nil, 1))
	do(c.GaugeWithTimestamp("stamped", 7, nil, 1, now), c.CountWithTimestamp("stamped_hits", 3, nil, 1, now))
	do(c.Event(&statsd.Event{
		Title: name + ".deployed", Text: "7.3.1\nby anna", Timestamp: now, Hostname: "web3",
		AggregationKey: "d7", Priority: statsd.Low, SourceTypeName: "ci", AlertType: statsd.Success,
	}))
	do(c.ServiceCheck(&statsd.ServiceCheck{
		Name: name + ".can_connect", Status: statsd.Critical, Timestamp: now, Hostname: "web3", Message: "refused\nby db-7",
	}))
	do(c.Close())
}

// recorder sends over UDP and remembers what it sent.
type recorder struct {
	net.Conn
	mu   sync.Mutex // guards sent
	sent bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent.Write(p)
	return r.Conn.Write(p)
}

// TestDataDogSampling: what the client left out by chance is made up for, to the
// count.
func TestDataDogSampling(t *testing.T) {
	in := newIntake(t)
	var counters, timings int
	name := in.counts(t, map[string]uint64{}, func(name string) int {
		conn, err := net.Dial("udp", in.udp)
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{Conn: conn}
		c, err := statsd.NewWithWriter(r, statsd.WithNamespace(name), statsd.WithoutTelemetry(),
			statsd.WithoutClientSideAggregation(), statsd.WithMaxBytesPerPayload(1400))
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if err := c.Count("hits", 3, nil, 0.25); err != nil {
				t.Fatal(err)
			}
			if err := c.Timing("db", 250*time.Millisecond, nil, 0.5); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		counters, timings = bytes.Count(r.sent.Bytes(), []byte("hits:3|c|@0.25")), bytes.Count(r.sent.Bytes(), []byte("|ms|@0.5"))
		return counters + timings
	})
	in.shows(t, name, map[string]string{
		`NAME_hits_total`:       strconv.Itoa(12 * counters),
		`NAME_db_seconds_count`: strconv.Itoa(2 * timings),
		`NAME_db_seconds_sum`:   strconv.FormatFloat(0.5*float64(timings), 'f', -1, 64),
	})
}

// TestDataDogTelemetry: what the client tells of itself is counted as well.
func TestDataDogTelemetry(t *testing.T) {
	in := newIntake(t)
	c, err := statsd.New(in.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 40 {
		if err := c.Incr("page_view", nil, 1); err != nil {
			t.Fatal(err)
		}
	}
	in.wants(t, `page_view_total`, "40")
	in.wants(t, `sum(datadog_dogstatsd_client_metrics_total{client="go",client_transport="udp"})`, "40")
	if bad := in.account(t).Bad; len(bad) > 0 {
		t.Error(fmt.Sprint("refused: ", bad))
	}
}
