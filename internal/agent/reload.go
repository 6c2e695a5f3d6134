package agent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// ErrRestart means that a configuration is good, but not before a restart.
var ErrRestart = errors.New("a restart is needed")

// Reload takes over a new configuration of the file: targets, intervals and
// collectors. If anything else differs, or anything is wrong, all stays as it is.
// Run must be running.
func (a *Agent) Reload(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	done := make(chan error, 1)
	select {
	case a.reloads <- reload{c, done}:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reload is a new configuration of the file, and where to say what came of it.
type reload struct {
	config Config
	done   chan error
}

// follow takes over what Reload brings, and what is fetched, until ctx ends. It
// alone changes the configuration.
func (a *Agent) follow(ctx context.Context) error {
	for {
		fetching, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		if a.fetcher.base.Fetch.URL != "" {
			go func() { ended <- a.fetcher.run(fetching) }() // awaited below
		} else {
			close(ended)
		}
		select {
		case <-ctx.Done():
			stop()
			return <-ended
		case r := <-a.reloads:
			stop()
			if err := <-ended; err != nil {
				r.done <- err
				return err
			}
			next := fetcher{agent: a, base: r.config}
			err := a.apply(ctx, next.restore())
			if err == nil {
				a.fetcher = next
			}
			r.done <- err
		}
	}
}

// apply takes over a configuration, wholly or not at all.
func (a *Agent) apply(ctx context.Context, c Config) error {
	if keys := a.config.restartFor(c); len(keys) > 0 {
		return fmt.Errorf("%w to change %v; nothing was reloaded", ErrRestart, keys)
	}
	sink, err := a.newSink(c)
	if err != nil {
		return err
	}
	f, err := a.newFleet(c)
	if err != nil {
		return err
	}
	select {
	case a.changed <- f:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !slices.Equal(a.config.Collectors, c.Collectors) || !reflect.DeepEqual(a.config.RemoteWrite, c.RemoteWrite) {
		a.sending.use(sink)
	}
	a.config, a.fleet = c, f
	return nil
}

// restartFor names the sections in which c differs and that a reload cannot
// change.
func (c Config) restartFor(other Config) (keys []string) {
	for _, section := range []struct {
		key      string
		old, now any
	}{
		{"instance", c.Instance, other.Instance},
		{"data", c.Data, other.Data},
		{"spool", c.Spool, other.Spool},
		{"counterd", c.Counterd, other.Counterd},
		{"access_logs", c.Weblog, other.Weblog},
	} {
		if !reflect.DeepEqual(section.old, section.now) {
			keys = append(keys, section.key)
		}
	}
	return keys
}
