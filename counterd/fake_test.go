package counterd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	m.samples = append(m.samples, s...)
	return nil
}

func (m *memory) setFail(v bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = v
}

// take returns what came since the last take.
func (m *memory) take() []metric.Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.samples
	m.samples = nil
	return s
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

// pipe is an in-memory net.PacketConn: goroutines that wait for it let the
// clock of testing/synctest go on.
type pipe struct {
	in   chan []byte
	stop chan struct{}
	once sync.Once
}

func newPipe() *pipe { return &pipe{in: make(chan []byte, 1000), stop: make(chan struct{})} }

func (p *pipe) send(lines string) { p.in <- []byte(lines) }

func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	select { // what was sent comes before the end
	case d := <-p.in:
		return copy(b, d), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}, nil
	default:
	}
	select {
	case d := <-p.in:
		return copy(b, d), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}, nil
	case <-p.stop:
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (p *pipe) WriteTo([]byte, net.Addr) (int, error) { return 0, errors.ErrUnsupported }
func (p *pipe) Close() error                          { return nil }
func (p *pipe) LocalAddr() net.Addr                   { return &net.UDPAddr{} }
func (p *pipe) SetDeadline(time.Time) error           { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error {
	p.once.Do(func() { close(p.stop) })
	return nil
}

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
	c.Conn, c.Sink, c.LiveSink = newPipe(), &b.sink, &b.live
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Server, b.shard = s, s.shards[0]
	s.bad.now = func() time.Time { return noon }
	s.ticker = newTicker(s.config, s.shards, s.registry, s.outbox, noon)
	s.ticker.log = discard
	return b
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// lines counts a datagram.
func (b *bench) lines(s string) {
	b.shard.datagrams([]datagram{{data: []byte(s)}})
}

// tick ends the second that ends after seconds from noon, and delivers.
func (b *bench) tick(seconds int) []metric.Sample {
	b.ticker.tick(context.Background(), at(seconds), false)
	for batch := b.outbox.pop(); batch != nil; batch = b.outbox.pop() {
		_ = b.outbox.deliver(batch)
	}
	return b.sink.take()
}

// at is an instant, in Unix milliseconds, so many seconds after noon.
func at(seconds int) int64 { return noon.Add(time.Duration(seconds) * time.Second).UnixMilli() }

var discard = slog.New(slog.DiscardHandler)

func sorted(s []string) string {
	slices.Sort(s)
	return strings.Join(s, "; ")
}
