package counterd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// memory is a Sink that remembers, and fails while fail is set.
type memory struct {
	mu      sync.Mutex
	samples []metric.Sample
	fail    bool
	calls   int
}

var errSink = errors.New("the disk is full")

func (m *memory) Put(_ context.Context, s []metric.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.fail {
		return errSink
	}
	for _, one := range s {
		if one.Sketch != nil {
			one.Sketch = one.Sketch.Clone() // the daemon goes on with it
		}
		m.samples = append(m.samples, one)
	}
	return nil
}

func (m *memory) setFail(v bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = v
}

// take returns what came since the last take, but for the loss of listeners.
func (m *memory) take() []metric.Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.samples
	m.samples = nil
	return slices.DeleteFunc(s, func(s metric.Sample) bool { return s.Name() == lostRatio })
}

// find returns the one sample of the series that labels print as.
func find(t *testing.T, samples []metric.Sample, series string) metric.Sample {
	t.Helper()
	var got []metric.Sample
	for _, s := range samples {
		if s.Labels.String() == series {
			got = append(got, s)
		}
	}
	if len(got) != 1 {
		t.Fatalf("%d samples of %s in %v", len(got), series, samples)
	}
	return got[0]
}

// pipe is a listener in memory: goroutines that wait for it let the clock of
// testing/synctest go on.
type pipe struct{ in chan []byte }

func newPipe() *pipe { return &pipe{in: make(chan []byte, 1000)} }

func (p *pipe) send(lines string) { p.in <- []byte(lines) }

func (p *pipe) Run(ctx context.Context, take func([]listen.Datagram)) error {
	for {
		select {
		case d := <-p.in:
			take([]listen.Datagram{{Data: d, From: somebody}})
		case <-ctx.Done():
			for {
				select { // what was sent comes before the end
				case d := <-p.in:
					take([]listen.Datagram{{Data: d, From: somebody}})
				default:
					return nil
				}
			}
		}
	}
}

var somebody = netip.MustParseAddrPort("192.0.2.1:4711")

func (p *pipe) Addr() net.Addr          { return &net.UDPAddr{} }
func (p *pipe) String() string          { return "pipe" }
func (p *pipe) Drops() uint64           { return 0 }
func (p *pipe) Stats() listen.Stats     { return listen.Stats{} }
func (p *pipe) File() (*os.File, error) { return nil, errors.ErrUnsupported }
func (p *pipe) Alone()                  {}
func (p *pipe) HandOver()               {}
func (p *pipe) Close() error            { return nil }

// bench is a daemon without sockets and clock: the tests tick it.
type bench struct {
	*Server
	shard *shard
	sink  memory
	live  memory
}

// newBench begins at 12:00:00.
func newBench(t testing.TB, change func(*Config)) *bench {
	t.Helper()
	b := &bench{}
	c := Default()
	c.Listen, c.Listeners = nil, []listen.Listener{newPipe()}
	c.Sink, c.LiveSink = &b.sink, &b.live
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Server, b.shard = s, s.shards[0]
	s.bad.now = func() time.Time { return noon }
	s.ticker = newTicker(s.config, s.registry, s.outbox, newLoss(s.inputs()), noon)
	s.ticker.log = discard
	return b
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// lines counts a datagram.
func (b *bench) lines(s string) {
	b.shard.datagrams([]listen.Datagram{{Data: []byte(s)}})
}

// tick ends the second that ends after seconds from noon, and delivers.
func (b *bench) tick(seconds int) []metric.Sample {
	b.ticker.tick(context.Background(), at(seconds), goesOn)
	b.deliver()
	return b.sink.take()
}

// deliver empties the outbox.
func (b *bench) deliver() {
	for p, ok := b.outbox.pop(); ok; p, ok = b.outbox.pop() {
		if b.outbox.deliver(context.Background(), p) == nil {
			b.outbox.done(p)
		}
	}
}

// at is an instant, in Unix milliseconds, so many seconds after noon.
func at(seconds int) int64 { return noon.Add(time.Duration(seconds) * time.Second).UnixMilli() }

var discard = slog.New(slog.DiscardHandler)

func sorted(s []string) string {
	slices.Sort(s)
	return strings.Join(s, "; ")
}
