package rrdstore

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// someEntries are samples of series whose refs go up, down and stand still.
func someEntries(s *Store) []entry {
	var out []entry
	for i, v := range []float64{0, 1, -7, 0.25, 1e300, math.Pi, math.NaN(), math.MaxFloat64, 1 << 53} {
		ref := uint32([]int{1, 2, 3, 3, 2, 900_000, 4, 5, 1}[i])
		kind := metric.Gauge
		if ref%2 == 0 {
			kind = metric.Counter
		}
		sr := s.newSeries(named("m", "ref", string(rune('a'+ref%26))), kind)
		sr.ref = ref
		out = append(out, entry{series: sr, at: epoch + int64(i%3)*10_000, start: int64(ref) * 7, value: v})
	}
	sr := s.newSeries(named("t_seconds"), metric.Timing)
	sr.ref = 6
	return append(out, entry{series: sr, at: epoch, sketch: timingSample(sr.labels, epoch, 1, 2, 2).Sketch})
}

// read decodes a batch and prints what is in it.
func read(t *testing.T, payload []byte) []string {
	t.Helper()
	var got []string
	find := func(ref uint64, kind metric.Kind, d *decoder, define bool) *series {
		sr := &series{ref: uint32(ref), kind: kind}
		if define {
			sr.labels = d.Labels()
		}
		return sr
	}
	r := batchReader{find, func(e entry) { got = append(got, printed(e)) }, payload[0] == recordWideBatch}
	if err := r.decode(payload[1:]); err != nil {
		t.Fatal(err)
	}
	return got
}

func printed(e entry) string {
	var b bytes.Buffer
	enc := encoder{}
	enc.uint(uint64(e.series.ref))
	enc.byte(byte(e.series.kind))
	enc.labels(e.series.labels)
	enc.int(e.at)
	if e.series.kind == metric.Counter {
		enc.int(e.start)
	}
	enc.float(e.value)
	enc.sketch(e.sketch)
	b.Write(enc.b)
	return b.String()
}

// What a batch tells is read as it was, of this version and of the one before.
func TestBatchIsReadAsItWasWritten(t *testing.T) {
	s := newRig(t, nil).Store
	entries := someEntries(s)
	var want []string
	for _, e := range entries {
		want = append(want, printed(e))
	}
	compact, err := encodeBatch(nil, entries, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read(t, compact)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, read(t, wideBatch(entries))); diff != "" {
		t.Errorf("of the version before: %s", diff)
	}
}

// wideBatch is what the version before wrote.
func wideBatch(entries []entry) []byte {
	e := encoder{}
	e.byte(recordWideBatch)
	e.uint(uint64(len(entries)))
	at := int64(0)
	for _, n := range entries {
		e.uint(uint64(n.series.ref)<<(kindBits+1) | uint64(n.series.kind)<<1 | defineFlag)
		e.labels(n.series.labels)
		e.int(n.at - at)
		at = n.at
		switch n.series.kind {
		case metric.Timing:
			e.sketch(n.sketch)
		case metric.Counter:
			e.int(n.start)
			e.float(n.value)
		default:
			e.float(n.value)
		}
	}
	return e.b
}

// Saved headers come back, packed or as the version before wrote them; the oldest
// of a path counts.
func TestHeadersAreReadAsTheyWereWritten(t *testing.T) {
	s := newRig(t, nil).Store
	saved := []savedHeader{{"archives/a/_.rrd", make([]byte, 1000)}, {"archives/b/_.rrd", []byte("header")}}
	later := []savedHeader{{"archives/b/_.rrd", []byte("changed")}}
	packed := new(headerRoom).encode(saved)
	if len(packed) > 200 {
		t.Errorf("packed they take %d bytes", len(packed))
	}
	wide := encoder{}
	wide.byte(recordWideHeaders)
	wide.uint(uint64(len(saved)))
	for _, h := range saved {
		wide.string(h.path)
		wide.bytes(h.header)
	}
	for _, first := range [][]byte{packed, wide.b} {
		r := newReplayer(s)
		for _, record := range [][]byte{first, new(headerRoom).encode(later)} {
			if err := r.record(1, record); err != nil || r.damaged > 0 {
				t.Fatalf("%v, %d damaged", err, r.damaged)
			}
		}
		want := map[string][]byte{saved[0].path: saved[0].header, saved[1].path: saved[1].header}
		if diff := cmp.Diff(want, r.headers); diff != "" {
			t.Errorf("of kind %q: %s", first[0], diff)
		}
	}
}

// A record that claims to be huge when unpacked takes no memory.
func TestHugeClaimIsNotUnpacked(t *testing.T) {
	r := newReplayer(newRig(t, nil).Store)
	if err := r.record(1, []byte{recordHeaders, 0xff, 0xff, 0xff, 0x7f, 0}); err != nil || r.damaged != 1 {
		t.Errorf("%v, %d damaged", err, r.damaged)
	}
}
