package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/bench/process"
)

func TestFiguresAreMediansByPoint(t *testing.T) {
	after := func(micros int) round {
		return round{
			Points: 10, CPU: time.Duration(10*micros) * time.Microsecond, PutCPU: 10 * time.Microsecond,
			Written: process.Written{Calls: 100, Pages: 4096}, HeapBytes: 3000, RSSBytes: 5000,
		}
	}
	f := figuresOf([]round{after(5), after(3), after(9)}, round{HeapBytes: 1000, RSSBytes: 1000}, 2)
	if diff := cmp.Diff(spread{5, 3, 9}, f.micros, cmp.AllowUnexported(spread{})); diff != "" {
		t.Error(diff)
	}
	if f.flush.median != 4 || f.pages.median != 409.6 || f.heapPerSeries != 1000 || f.rssPerSeries != 2000 {
		t.Errorf("%+v", f)
	}
	if got := f.micros.print(1); got != "5.0 (3.0–9.0)" {
		t.Error(got)
	}
}

func TestRowsOfRrdtoolFetch(t *testing.T) {
	got := fetched("                          value\n\n1700000010: 1.2500000000e+01\n1700000020: -nan\n1700000030: 3.0000000000e+00\n")
	if diff := cmp.Diff(map[int64]float64{1700000010: 12.5, 1700000030: 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBytesOfADisk(t *testing.T) {
	if n := sectorsWritten("  10 0 80 5 20 1 4096 7 0 12 13 0 0 0 0"); n != 4096 {
		t.Errorf("%d sectors", n)
	}
	if n := sectorsWritten("nothing"); n != 0 {
		t.Errorf("%d sectors", n)
	}
}

func TestGoalsSayWhatIsMissing(t *testing.T) {
	b := &bench{long: 120, book: map[key]figures{
		{"ours", 30}:      {micros: spread{median: 1}},
		{"rrdcached", 30}: {micros: spread{median: 4}},
	}}
	words, reached, is := faster(shortOurs, shortPeer, 5)(b)
	if !is || reached || words != "4.0 x (1.00 and 4.00 µs of CPU per point)" {
		t.Errorf("%q, %v, %v", words, reached, is)
	}
	if _, _, is := faster(longOurs, longPeer, 5)(b); is {
		t.Error("what was not measured is said to be")
	}
}
