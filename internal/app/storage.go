package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/remote"
	"plimsoll/rrdstore"
)

// The kinds of storage.
const (
	kindArchives = "rrd"
	kindEngine   = "prometheus"
)

// Storage says what remembers: round-robin archives on this machine, or an
// engine elsewhere. sync_interval, segment_bytes, future_limit and max_series
// mean the same of both.
type Storage struct {
	Kind            string `yaml:"kind"`
	rrdstore.Config `yaml:",inline"`
	Remote          remote.Config `yaml:",inline"`
}

func defaultStorage() Storage {
	return Storage{Kind: kindArchives, Config: rrdstore.Default(), Remote: remote.Default()}
}

// spread hands what both kinds have in common to the one beside the archives.
func (s Storage) spread(dir string) Storage {
	s.Dir, s.Remote.Dir = dir, dir
	s.Remote.SyncInterval, s.Remote.SegmentBytes = s.SyncInterval, s.SegmentBytes
	s.Remote.FutureLimit, s.Remote.MaxSeries = s.FutureLimit, s.MaxSeries
	return s
}

// Validate reports all that is wrong with the kind that is chosen.
func (s Storage) Validate() error {
	switch s.Kind {
	case kindArchives:
		if s.Remote.Write != "" || s.Remote.Read != "" {
			return errors.Join(s.Config.Validate(), fmt.Errorf("storage.kind: is %q, but write or read names an engine; set it to %q", s.Kind, kindEngine))
		}
		return s.Config.Validate()
	case kindEngine:
		return errors.Join(s.Config.Validate(), s.Remote.Validate())
	}
	return fmt.Errorf("storage.kind: %q is neither %q nor %q", s.Kind, kindArchives, kindEngine)
}

// InspectArchives tells what of the archives there are is not as configured, if
// they are to be used.
func (s Storage) InspectArchives() (note string, err error) {
	if s.Kind != kindArchives {
		return "", nil
	}
	return s.Config.InspectArchives()
}

// store is what the service needs of a storage of any kind.
type store interface {
	metric.Sink
	storage.Queryable
	Run(ctx context.Context) error
	FlushAll(ctx context.Context) error
	Ready() error
	Close() error
}

// engineStore is an engine: what is handed to it, and what is read back.
type engineStore struct {
	*remote.Sink
	*remote.Reader
}

// openStorage opens what remembers, and fills q in with how it is to be read.
func (a *App) openStorage(q *query.Config) error {
	if a.config.Storage.Kind == kindEngine {
		return a.openEngine()
	}
	c := a.config.Storage.Config
	c.Registerer, c.Logger, c.Now = a.registry, a.logger, time.Now
	archives, err := openLocked(a.options.Inherited != nil, func() (*rrdstore.Store, error) { return rrdstore.Open(c) })
	if err != nil {
		return err
	}
	a.store, a.archives = archives, archives
	a.storageStats = func() any { return archives.Stats() }
	q.Resolution = archives.Resolution
	return nil
}

func (a *App) openEngine() error {
	c := a.config.Storage.Remote
	c.Registerer, c.Logger, c.Now = a.registry, a.logger, time.Now
	sink, err := openLocked(a.options.Inherited != nil, func() (*remote.Sink, error) { return remote.Open(c) })
	if err != nil {
		return err
	}
	reader, err := remote.NewReader(c, sink)
	if err != nil {
		return errors.Join(err, sink.Close())
	}
	a.store = engineStore{sink, reader}
	a.storageStats = func() any { return sink.Stats() }
	if c.PushDown {
		a.pushDown = func(own metric.Querier) metric.Querier { return remote.PushDown{Querier: own, Reader: reader} }
	}
	return nil
}

// openLocked opens what one process at a time has; with wait set it waits for
// the process before to end.
func openLocked[T any](wait bool, open func() (T, error)) (T, error) {
	opened, err := open()
	if wait {
		for end := time.Now().Add(lockTimeout); errors.Is(err, durable.ErrLocked) && time.Now().Before(end); {
			time.Sleep(lockPause)
			opened, err = open()
		}
	}
	if errors.Is(err, durable.ErrLocked) {
		err = fmt.Errorf("%w: stop that one, or choose another directory with -data", err)
	}
	return opened, err
}

// graphed is the history as the pages ask it.
func (a *App) graphed() metric.Querier {
	if a.pushDown == nil {
		return a.history
	}
	return a.pushDown(a.history)
}
