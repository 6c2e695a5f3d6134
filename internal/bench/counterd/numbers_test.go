package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line/conformance"
)

func TestWantedReadsOutcomes(t *testing.T) {
	for outcome, want := range map[string]string{
		`counter hits 30`:                     "counter=30",
		`counter "page view" 1`:               "counter=1",
		`ok login 1`:                          "counter=1",
		`timing upload 0.32 w=10`:             "timing n=10 timing sum=3.2",
		`counter a 1; timing a 0.002 w=1`:     "counter=1 timing n=1 timing sum=0.002",
		`gauge a 5; gauge a +6; gauge a -7`:   "gauge=4",
		`gauge temp =-5`:                      "gauge=-5",
		`set users " bob "`:                   "set=1",
		`counter a 14 {x="y"} @1656581400`:    "counter=14",
		`refused reserved label`:              "nothing",
		`timing upload 0.32 w=1 {host="web"}`: "timing n=1 timing sum=0.32",
	} {
		if got := wanted(outcome).String(); got != want {
			t.Errorf("%q: %s, want %s", outcome, got, want)
		}
	}
}

func TestGraphiteLinesBecomeNumbers(t *testing.T) {
	found := map[int]numbers{}
	for _, l := range []string{
		"stats.counters.row7.hits.count 3 1700000000",
		"stats.counters.row7.hits.count 0 1700000001",
		"stats.counters.row7.hits.rate 0.3 1700000000",
		"stats.timers.row8.upload.count;host=web3 10 1700000000",
		"stats.timers.row8.upload.sum;host=web3 320 1700000000",
		"stats.timers.row8.upload.mean 32 1700000000",
		"stats.gauges.row9.temp -5 1700000000",
		"stats.sets.row10.users.count 1 1700000000",
		"stats.counters.row11.hits.count Infinity 1700000000",
		"stats.statsd.metrics_received 9 1700000000",
	} {
		addGraphite(found, l)
	}
	got := map[int]string{}
	for n, v := range found {
		got[n] = v.String()
	}
	want := map[int]string{7: "counter=3", 8: "timing n=10 timing sum=0.32", 9: "gauge=-5", 10: "set=1", 11: "counter=+Inf"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestEveryRowOfTheTableIsUnderstood(t *testing.T) {
	cases, err := conformance.Load("../../../" + conformanceTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range comparable(cases) {
		for key, v := range r.want {
			if v != v {
				t.Errorf("row %d, %q: %s is no number", r.number, r.line, key)
			}
		}
	}
}

func TestWaitingIsNeverTooShort(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(1700000000000).Add(time.Duration(ms) * time.Millisecond) }
	batches := []batch{{at(0), at(1), 2}, {at(10), at(11), 3}}
	samples := []sample{{at(0), 0}, {at(2), 2}, {at(4), 1}, {at(9), 0}, {at(12), 1}, {at(15), 0}}
	want := []time.Duration{4 * time.Millisecond, 9 * time.Millisecond, 5 * time.Millisecond}
	if d := cmp.Diff(want, waiting(batches, samples)); d != "" {
		t.Error(d)
	}
}

func TestSumOfAddsUpLabels(t *testing.T) {
	page := "# HELP a_total x\na_total{reason=\"x y\"} 2\na_total{reason=\"}\"} 3\na_total_more 9\nb 1e3\n"
	if got := []uint64{sumOf(page, "a_total"), sumOf(page, "b"), sumOf(page, "c")}; !cmp.Equal(got, []uint64{5, 1000, 0}) {
		t.Errorf("sums %v", got)
	}
}
