package listen

import (
	"testing"
	"time"
)

func TestDropMeterFollowsTheKernelsCounter(t *testing.T) {
	var d dropMeter
	d.begin(1<<32 - 5)
	for _, c := range []struct {
		kernel uint32
		want   uint64
	}{{1<<32 - 5, 0}, {1<<32 - 1, 4}, {3, 8}, {1, 8}, {3, 8}, {1 << 30, 1<<30 + 5}} {
		if got := d.update(c.kernel); got != c.want {
			t.Errorf("kernel says %d: %d, want %d", c.kernel, got, c.want)
		}
	}
}

func TestDropMeterSettlesPackets(t *testing.T) {
	var d dropMeter
	if d.settle(0, 1000, 900, false) || d.total() != 0 {
		t.Errorf("another reader's datagrams count as dropped: %d", d.total())
	}
	if d.update(2); d.total() != 2 {
		t.Errorf("two packets: at least two datagrams, not %d", d.total())
	}
	if again := d.settle(2, 2000, 1840, false); !again || d.total() != 2 {
		t.Errorf("one moment: %v, %d", again, d.total())
	}
	if again := d.settle(2, 3000, 2780, false); !again || d.total() != 2 {
		t.Errorf("a moment that disagrees: %v, %d", again, d.total())
	}
	if again := d.settle(2, 3100, 2880, false); again || d.total() != 120 {
		t.Errorf("a moment that agrees: %v, %d", again, d.total())
	}
	if d.settle(3, 3164, 2880, true); d.total() != 184 {
		t.Errorf("the last moment: %d", d.total())
	}
	if d.update(4); d.total() != 185 {
		t.Errorf("another packet: %d", d.total())
	}
}

func TestPacerAimsAtAQuarterOfTheBuffer(t *testing.T) {
	p := newPacer(8 << 20)
	for range 10 {
		p.next(0.004, true)
	}
	if p.rest != maxRest {
		t.Errorf("an ordinary rate and a great buffer: rests %v", p.rest)
	}
	perSecond := 2000.0 // buffers a second
	for range 10 {
		p.next(perSecond*p.rest.Seconds(), true)
	}
	if p.rest < 120*time.Microsecond || p.rest > 130*time.Microsecond {
		t.Errorf("rests %v, a quarter of the buffer fills in 125µs", p.rest)
	}
	for range 10 {
		p.next(1, true)
	}
	if p.rest != leastRest {
		t.Errorf("a full buffer: rests %v", p.rest)
	}
	if p.next(1, false) != leastRest || p.next(0, true) != 2*leastRest {
		t.Errorf("what gathered during a wait counts, or the rest does not grow again: %v", p.rest)
	}
}

// The kernel's default buffer holds 256 small datagrams; a sender takes 640µs to
// send as many.
func TestPacerLeavesRoomForASuddenSender(t *testing.T) {
	for buffer, want := range map[int]time.Duration{
		212_992:  320 * time.Microsecond,
		425_984:  640 * time.Microsecond,
		8 << 20:  maxRest,
		0:        leastRest,
		16 << 10: leastRest,
	} {
		if p := newPacer(buffer); p.rest != want || p.most != want {
			t.Errorf("a buffer of %d bytes: %v", buffer, p.rest)
		}
	}
}
