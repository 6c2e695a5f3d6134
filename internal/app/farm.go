package app

import (
	"path/filepath"
	"time"

	"plimsoll/collector/farm"
	"plimsoll/internal/metric"
)

// openFarm puts what merges the timings of many hosts before the store, for all
// that comes through the collector.
func (a *App) openFarm() (err error) {
	c := a.config.Farm
	if !c.Enabled {
		return nil
	}
	c.Dir, c.Interval = filepath.Join(a.config.Data, "farm"), a.config.Flush
	c.Sink, c.Now, c.Registerer, c.Logger = a.both(), time.Now, a.registry, a.logger
	if a.farm, err = farm.Open(c); err == nil {
		a.close = append(a.close, a.farm.Close)
	}
	return err
}

// collected is where the collector puts what it has received.
func (a *App) collected() metric.Sink {
	if a.farm == nil {
		return a.both()
	}
	return a.farm
}
