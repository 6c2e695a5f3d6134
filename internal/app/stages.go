package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// part is a long-running piece of the service. Its run returns when ctx ended
// and it has drained.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runStages runs all parts until ctx ends or one of them returns, and then
// stops stage after stage, the last given first: a stage is told to stop when
// the one after it has drained, or has not done so within grace. So the first
// stage, the store, always gets its turn. It returns what the parts returned.
func runStages(ctx context.Context, grace time.Duration, stages ...[]part) error {
	// Parts live on after ctx until their stage's turn has come.
	base := context.WithoutCancel(ctx)
	ended := make(chan string, 1) // the first part to end; later ones drop theirs
	running := make([]*stage, len(stages))
	for i, parts := range stages {
		running[i] = startStage(base, parts, ended)
	}
	var errs []error
	select {
	case <-ctx.Done():
	case name := <-ended:
		errs = append(errs, fmt.Errorf("%s ended by itself", name))
	}
	for i := len(running) - 1; i >= 0; i-- {
		errs = append(errs, running[i].stop(grace)...)
	}
	return errors.Join(errs...)
}

type stage struct {
	cancel  context.CancelFunc
	parts   []part
	results chan error
}

func startStage(ctx context.Context, parts []part, ended chan<- string) *stage {
	ctx, cancel := context.WithCancel(ctx)
	s := &stage{cancel: cancel, parts: parts, results: make(chan error, len(parts))}
	for _, p := range parts {
		go func() { // stop waits for it
			err := p.run(ctx)
			select {
			case ended <- p.name:
			default:
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", p.name, err)
			}
			s.results <- err
		}()
	}
	return s
}

// stop cancels the stage and waits up to grace for its parts.
func (s *stage) stop(grace time.Duration) (errs []error) {
	s.cancel()
	timeout := time.After(grace)
	for range s.parts {
		select {
		case err := <-s.results:
			if err != nil {
				errs = append(errs, err)
			}
		case <-timeout:
			return append(errs, fmt.Errorf("not drained within %s, went on without", grace))
		}
	}
	return errs
}
