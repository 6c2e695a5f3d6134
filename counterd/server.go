package counterd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Server is the counter daemon.
type Server struct {
	config   Config
	sources  []source
	addrs    []net.Addr
	shards   []*shard
	registry *registry
	bad      *badLines
	outbox   *outbox // nil without a Sink
	ticker   *ticker
}

// New binds the sockets and begins the first epoch. Lines that come from now on
// wait in the socket buffers until Run.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: c, registry: newRegistry(c.MaxSeries), bad: &badLines{now: time.Now}}
	if err := s.listen(); err != nil {
		return nil, err
	}
	for range s.sources {
		s.shards = append(s.shards, newShard(c, s.registry, s.bad))
	}
	if c.Sink != nil {
		s.outbox = newOutbox(c)
	}
	s.ticker = newTicker(c, s.shards, s.registry, s.outbox, time.Now())
	if c.Registerer != nil {
		if err := c.Registerer.Register(collector{s}); err != nil {
			s.closeSources()
			return nil, fmt.Errorf("register the metrics of counterd: %w", err)
		}
	}
	return s, nil
}

// Addr returns the address of the first socket, with the port that was bound.
func (s *Server) Addr() net.Addr { return s.addrs[0] }

// Addrs returns the bound addresses, in the order of Config.Listen.
func (s *Server) Addrs() []net.Addr { return s.addrs }

// Run reads, counts and flushes until ctx ends. It returns when all that was
// received went to the Sink: an error means that samples were lost, or that a
// socket failed.
func (s *Server) Run(ctx context.Context) error {
	defer s.closeSources()
	if r := s.config.Registerer; r != nil {
		defer r.Unregister(collector{s}) // a daemon that follows may register its own
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var readers, delivery sync.WaitGroup
	readErrs := make([]error, len(s.sources)) // each written by its reader, read after Wait
	for i, src := range s.sources {
		readers.Go(func() {
			if err := read(ctx, src, s.shards[i]); err != nil {
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
	for _, src := range s.sources {
		src.interrupt()
	}
	readers.Wait()
	s.ticker.tick(context.WithoutCancel(ctx), time.Now().UnixMilli(), true)
	close(stop)
	delivery.Wait()
	return errors.Join(append(readErrs, lost)...)
}

// tickUntil ticks at wall-clock multiples of the live interval until ctx ends.
func (s *Server) tickUntil(ctx context.Context) {
	every := s.config.Live
	drops := dropWarner{log: s.config.Logger}
	for last := time.Now().Truncate(every); ; {
		now := time.Now()
		timer := time.NewTimer(now.Truncate(every).Add(every).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		// Not equal rather than after: the clock may have been set back.
		if at := time.Now().Truncate(every); !at.Equal(last) {
			s.ticker.tick(ctx, at.UnixMilli(), false)
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
	for _, src := range s.sources {
		n += src.drops()
	}
	return n
}

func (s *Server) closeSources() {
	for _, src := range s.sources {
		_ = src.close()
	}
}
