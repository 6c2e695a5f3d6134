package agent

import (
	"context"
	"errors"
	"sync"

	"plimsoll/agents/remote"
	"plimsoll/internal/metric"
)

// sending is the remote sink in use, which a reload replaces. A request that the
// old one has under way is given up then, and made again by the new one.
type sending struct {
	mu     sync.Mutex // guards what follows
	sink   *remote.Sink
	ended  context.Context // when sink is replaced
	cancel context.CancelFunc
}

func (s *sending) use(sink *remote.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	s.sink = sink
	s.ended, s.cancel = context.WithCancel(context.Background())
}

func (s *sending) now() (*remote.Sink, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sink, s.ended
}

// Send implements spool.Sender.
func (s *sending) Send(ctx context.Context, b remote.Batch) error {
	for {
		sink, ended := s.now()
		attempt, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(ended, cancel)
		err := sink.Send(attempt, b)
		stop()
		cancel()
		var refused *metric.RefusedError
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		b.Again = true
	}
}

// Put implements metric.Sink.
func (s *sending) Put(ctx context.Context, samples []metric.Sample) error {
	return s.Send(ctx, remote.Batch{Samples: samples})
}
