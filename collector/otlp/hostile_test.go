package otlp

import (
	"bytes"
	"math"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

func doubles(v, start, at float64) *pb.NumberDataPoint {
	return &pb.NumberDataPoint{StartTimeUnixNano: sec(start), TimeUnixNano: sec(at), Value: &pb.NumberDataPoint_AsDouble{AsDouble: v}}
}

// A delta that is refused must not stand in the total, nor in the way of others.
func TestDeltasThatWouldSpoilATotal(t *testing.T) {
	r, s := newReceiver(t, nil)
	add := func(v, start, at float64) {
		send(t, r, request(attrs("service.name", "a"), sumOf("a", "", true, deltas, doubles(v, start, at))))
	}
	add(1, 90, 100)
	for i, v := range []float64{math.NaN(), math.Inf(1), -3} {
		add(v, 100, 101+float64(i))
	}
	future := float64(time.Now().Add(24 * time.Hour).Unix())
	add(50, future-10, future)
	add(2, 104, 110)
	want := []string{
		`{__name__="a_total", job="a"} counter 1 @100 since 90`,
		`{__name__="a_total", job="a"} counter 3 @110 since 90`,
	}
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
	if n := s.refused.Count(); n != 4 {
		t.Errorf("%d are refused: %v", n, s.refused.Reasons)
	}
}

func TestOthersMayNotTouchATotal(t *testing.T) {
	r, s := newReceiver(t, nil)
	as := func(instance string, m *pb.MetricsData) {
		t.Helper()
		body, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest("POST", "/v1/metrics", bytes.NewReader(body))
		req.Header.Set("Content-Type", string(protobufEncoding))
		from := sender.Sender{Name: instance, Write: sender.Write{Instances: []string{instance}}}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(sender.With(req.Context(), from)))
		if w.Code != 200 {
			t.Errorf("status %d", w.Code)
		}
	}
	web1 := attrs("service.name", "a", "service.instance.id", "web1")
	as("web1", request(web1, sumOf("a", "", true, deltas, ints(1, 90, 100))))
	as("web2", request(web1, sumOf("a", "", true, deltas, ints(1000, 90, 105))))
	as("web1", request(web1, sumOf("a", "", true, deltas, ints(2, 100, 110))))
	s.samples = slices.DeleteFunc(s.samples, func(m metric.Sample) bool { return m.Name() != "a_total" })
	want := []string{
		`{__name__="a_total", instance="web1", job="a"} counter 1 @100 since 90`,
		`{__name__="a_total", instance="web1", job="a"} counter 3 @110 since 90`,
	}
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
}

func TestHistogramOfTheFutureIsNotRemembered(t *testing.T) {
	r, s := newReceiver(t, nil)
	future := float64(time.Now().Add(24 * time.Hour).Unix())
	send(t, r, exponentialOf(90, 100, 10, 0, 0, 1, 2))
	send(t, r, exponentialOf(90, future, 10, 0, 0, 1, 9))
	send(t, r, exponentialOf(90, 110, 16, 0, 0, 1, 4))
	if n := len(s.samples); n != 2 || s.samples[1].Sketch.Count() != 2 {
		t.Errorf("%v", s.text())
	}
}

// A count of zero is a byte on the wire and eight in memory.
func TestBucketsAreBounded(t *testing.T) {
	packed := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), make([]byte, 1<<20))
	if got := new(protoReader).buckets(packed); len(got.counts) > maxBuckets+1 {
		t.Errorf("%d counts of one point", len(got.counts))
	}
	r, _ := newReceiver(t, nil)
	for range 20 {
		var metrics []*pb.Metric
		for i := range 600 {
			m := exponentialOf(1, 1000, 0, 0, 0, 1, make([]uint64, maxBuckets)...).ResourceMetrics[0].ScopeMetrics[0].Metrics[0]
			m.Name = "m" + strconv.Itoa(r.totals.len()+i)
			metrics = append(metrics, m)
		}
		send(t, r, request(nil, metrics...))
	}
	sum := 0
	for e := r.totals.order.Front(); e != nil; e = e.Next() {
		sum += e.Value.(*total).buckets()
	}
	if r.totals.buckets != sum || sum > maxHistoryBuckets || sum == 0 {
		t.Errorf("%d buckets are kept, counted as %d", sum, r.totals.buckets)
	}
}
