package counterd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/listen"
	"plimsoll/counterd/mapping"
	"plimsoll/counterd/spool"
	"plimsoll/internal/metric"
)

// Server is the counter daemon.
type Server struct {
	config    Config
	listeners []listen.Listener
	addresses []string // by listener, as in Config.Listen; empty for Config.Listeners
	shards    []*shard // by listener
	signed    []int    // listeners whose gauges have signs, not steps
	registry  *registry
	bad       *badLines
	outbox    *outbox // nil without a Sink
	ticker    *ticker

	resumed  chan *spool.Spool // one value, from Resume to Run
	handOver atomic.Bool

	asks chan func(*ticker) // taken by tickUntil, see look
}

// Inherited is a socket that an earlier process bound.
type Inherited = *os.File

// New binds the sockets and begins the first epoch. Lines that come from now on
// wait in the socket buffers until Run.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if err := c.loadMapping(); err != nil {
		return nil, err
	}
	s := &Server{config: c, bad: &badLines{now: time.Now}, resumed: make(chan *spool.Spool, 1), asks: make(chan func(*ticker))}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.registry = newRegistry(c)
	for i := range s.listeners {
		sh := newShard(i, c, s.registry, s.bad)
		sh.parser.SignedGauges = slices.Contains(s.signed, i)
		s.shards = append(s.shards, sh)
	}
	s.registry.shards = s.shards
	if c.Sink != nil {
		s.outbox = newOutbox(c)
	}
	s.ticker = newTicker(c, s.registry, s.outbox, newLoss(s.inputs()), time.Now())
	if c.Registerer != nil {
		if err := c.Registerer.Register(collector{s}); err != nil {
			_ = s.Close()
			return nil, fmt.Errorf("register the metrics of counterd: %w", err)
		}
	}
	return s, nil
}

// loadMapping reads the mapping file and says what of it has no meaning here.
func (c *Config) loadMapping() error {
	if c.Mapper != nil || c.MappingFile == "" {
		return nil
	}
	m, err := mapping.Load(c.MappingFile)
	if err != nil {
		return fmt.Errorf("mapping_file: %w", err)
	}
	if ignored := m.Ignored(); len(ignored) > 0 {
		c.Logger.Info("options of the mapping file that have no meaning here", "file", c.MappingFile, "ignored", ignored)
	}
	c.Mapper = m
	return nil
}

func (s *Server) listen() error {
	s.listeners = append(s.listeners, s.config.Listeners...)
	s.addresses = make([]string, len(s.listeners))
	for _, c := range s.config.addresses() {
		all, err := listen.Open(c, s.config.Inherited[c.Address]...)
		if err != nil && c.Optional {
			s.config.Logger.Info("not listening for counters there: somebody else does", "address", c.Address, "error", err)
			continue
		}
		if err != nil {
			_ = s.Close()
			return err
		}
		for _, l := range all {
			if c.SignedGauges {
				s.signed = append(s.signed, len(s.listeners))
			}
			s.listeners, s.addresses = append(s.listeners, l), append(s.addresses, c.Address)
		}
	}
	for _, l := range s.listeners {
		if st := l.Stats(); st.GrantedBuffer < st.AskedBuffer {
			s.config.Logger.Warn("the kernel grants a smaller socket buffer than asked: "+
				"raise net.core.rmem_max, for bursts to be kept",
				"address", l.String(), "asked_bytes", st.AskedBuffer, "granted_bytes", st.GrantedBuffer)
			break // one word is enough: the limit is the same for all
		}
	}
	return nil
}

// inputs are the addresses: several sockets that share one are one input.
func (s *Server) inputs() (in []input) {
	sockets := map[string][]int{}
	for i, l := range s.listeners {
		address := l.String()
		sockets[address] = append(sockets[address], i)
		if len(sockets[address]) > 1 {
			continue
		}
		in = append(in, input{
			labels: labels.FromStrings(metric.NameLabel, lostRatio, "listener", address),
			traffic: func() (sum traffic) {
				for _, n := range sockets[address] {
					sum.received += s.shards[n].datagramsReceived()
					sum.dropped += s.listeners[n].Drops()
				}
				return sum
			},
		})
	}
	return in
}

// Addr returns the address of the first socket, with the port that was bound.
func (s *Server) Addr() net.Addr { return s.listeners[0].Addr() }

// Files gives duplicates of the sockets of Config.Listen, which fn closes, for a
// process that is to take them over.
func (s *Server) Files(fn func(address string, f Inherited)) error {
	for i, l := range s.listeners {
		if s.addresses[i] == "" {
			continue
		}
		f, err := l.File()
		if err != nil {
			return err
		}
		fn(s.addresses[i], f)
	}
	return nil
}

// Close closes the sockets. Run does it itself.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// HandOver says that the process that has the sockets reads them: the end of Run
// then leaves it what waits there, and the open interval in the spool, rather than
// flush it. Before that the new process may fail, and nothing is lost.
func (s *Server) HandOver() {
	s.handOver.Store(true)
	for _, l := range s.listeners {
		l.HandOver()
	}
}

// Resume lets a daemon that was made with Hold go on: with what sp holds, and
// then with what it counted itself. It is called once, and never blocks.
func (s *Server) Resume(sp *spool.Spool) {
	for _, l := range s.listeners {
		l.Alone()
	}
	s.resumed <- sp
}

// Run reads, counts and flushes until ctx ends. It returns when all that was
// received went to the Sink: an error means that samples were lost, or that a
// socket failed.
func (s *Server) Run(ctx context.Context) error {
	defer func() { _ = s.Close() }()
	if r := s.config.Registerer; r != nil {
		defer r.Unregister(collector{s}) // a daemon that follows may register its own
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ticker.hold = true
	if !s.config.Hold {
		s.resumed <- s.config.Spool
	}

	var readers, delivery sync.WaitGroup
	readErrs := make([]error, len(s.listeners)) // each written by its reader, read after Wait
	for i, l := range s.listeners {
		readers.Go(func() {
			if err := l.Run(ctx, s.shards[i].datagrams); err != nil {
				readErrs[i] = fmt.Errorf("read counter lines: %w", err)
				cancel()
			}
		})
	}
	stop := make(chan struct{}) // closed here, once the last samples are queued
	var lost error
	if s.outbox != nil {
		delivery.Go(func() { lost = s.outbox.run(stop) })
	}
	s.tickUntil(ctx)
	readers.Wait()
	err := s.lastTick(context.WithoutCancel(ctx))
	close(stop)
	delivery.Wait()
	s.ticker.tidy()
	return errors.Join(append(readErrs, err, lost)...)
}

// lastTick ends the open interval, or leaves it to the process that follows.
func (s *Server) lastTick(ctx context.Context) error {
	end := lastTick
	if s.handOver.Load() {
		end = handOver
	}
	var err error
	if s.ticker.hold { // never resumed
		select {
		case sp := <-s.resumed:
			err = s.resume(ctx, sp)
		default:
			err = errors.Join(errors.New("stopped before the interval of the daemon before was taken over"), s.resume(ctx, nil))
		}
	}
	s.ticker.tick(ctx, time.Now().UnixMilli(), end)
	return err
}

func (s *Server) resume(ctx context.Context, sp *spool.Spool) error {
	s.ticker.spool = sp
	return s.ticker.resume(ctx)
}

// tickUntil ticks at wall-clock multiples of the live interval until ctx ends.
func (s *Server) tickUntil(ctx context.Context) {
	every := s.config.Live.Milliseconds()
	drops := dropWarner{log: s.config.Logger}
	for last := multiple(time.Now().UnixMilli(), every); ; {
		now := time.Now()
		timer := time.NewTimer(time.UnixMilli(multiple(now.UnixMilli(), every) + every).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case sp := <-s.resumed:
			timer.Stop()
			if err := s.resume(ctx, sp); err != nil {
				s.config.Logger.Error("go on after the counter daemon before", "error", err)
			}
			continue
		case fn := <-s.asks:
			timer.Stop()
			s.ticker.asked = append(s.ticker.asked, fn)
		case <-timer.C:
		}
		// Not equal rather than after: the clock may have been set back.
		if at := multiple(time.Now().UnixMilli(), every); at != last {
			s.ticker.tick(ctx, at, goesOn)
			last = at
			drops.look(s.kernelDrops())
		}
	}
}

// dropWarner says once that the kernel drops datagrams, and what to do.
type dropWarner struct {
	log  *slog.Logger
	said bool
}

func (d *dropWarner) look(drops uint64) {
	if drops > 0 && !d.said {
		d.said = true
		d.log.Warn("the kernel dropped datagrams before counterd could read them; raise net.core.rmem_max",
			"datagrams", drops)
	}
}

func (s *Server) kernelDrops() uint64 {
	n := uint64(0)
	for _, l := range s.listeners {
		n += l.Drops()
	}
	return n
}
