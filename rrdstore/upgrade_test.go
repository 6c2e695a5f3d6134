package rrdstore

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/internal/metric"
)

// A checkpoint of the version before is read: testdata/checkpoint-N holds one
// that version N wrote, and what it had in memory then.
func TestCheckpointOfTheVersionBefore(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.loadCheckpoint(readFile(t, "testdata/checkpoint-4/checkpoint")); err != nil {
		t.Fatal(err)
	}
	want := string(readFile(t, "testdata/checkpoint-4/waiting.txt"))
	if got := dump(r.Store); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	state, _, err := r.snapshotState()
	if err != nil {
		t.Fatal(err)
	}
	again := newRig(t, nil)
	if _, err := again.loadCheckpoint(state); err != nil {
		t.Fatal(err)
	}
	if got := dump(again.Store); got != want {
		t.Errorf("written anew, it has\n%s\nwant\n%s", got, want)
	}
	if again.buffered != r.buffered || again.buffered == 0 {
		t.Errorf("%d bytes wait, then %d", r.buffered, again.buffered)
	}
}

// dump writes what is known of each series, and all that waits.
func dump(s *Store) string {
	var b strings.Builder
	for _, sr := range s.index.series {
		fmt.Fprintf(&b, "%s %s last %d value %v changes %d\n", sr.labels, sr.kind, sr.last, sr.value, sr.changes)
		if sr.kind == metric.Counter {
			c := sr.counter
			fmt.Fprintf(&b, "  counter {known:%t whole:%t at:%d start:%d raw:%v total:%v markAt:%d markTotal:%v}\n",
				c.Known, c.whole, c.At, c.Start, c.Raw, c.Total, c.markAt, c.markTotal)
		}
		if sr.isTiming() {
			dumpTimer(&b, sr.timer)
		}
		for path, a := range s.paths(sr) {
			dumpArchive(&b, path, a)
		}
		if sr.before != nil {
			dumpArchive(&b, "before", sr.before)
		}
	}
	return b.String()
}

func dumpTimer(b *strings.Builder, t *timer) {
	fmt.Fprintf(b, "  timing sum %v count %v\n", t.sum, t.count)
	for _, in := range t.open {
		if in.sketch != nil {
			fmt.Fprintf(b, "  open until %d closed %d: %v\n", in.end, in.closed, timerRow(in.sketch))
		}
	}
}

func dumpArchive(b *strings.Builder, path string, a *archive) {
	fmt.Fprintf(b, "  %s start %d last %d\n", path, a.start, a.last)
	for at, values := range a.pending.View().All() {
		fmt.Fprintf(b, "    %d %v\n", at, values)
	}
}
