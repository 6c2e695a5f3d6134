package app

import (
	"time"

	"github.com/prometheus/prometheus/storage"

	"plimsoll/rrdstore/foreign"
)

// withImports returns what reads the imported trees, if there are any, beside
// what the service keeps itself.
func (a *App) withImports(own storage.Queryable) (storage.Queryable, error) {
	c := a.config.Storage
	if len(c.Import) == 0 {
		return own, nil
	}
	trees, err := foreign.New(foreign.Config{
		Trees: c.Import, Refresh: c.ImportRefresh, Lookback: a.config.Query.Lookback,
		Now: time.Now, Registerer: a.registry, Logger: a.logger,
	})
	if err != nil {
		return nil, err
	}
	a.readers = append(a.readers, a.part("import", trees.Run))
	return trees.Beside(own), nil
}
