package app

import (
	"time"

	"plimsoll/collector/trap"
)

// openTraps makes what receives traps of SNMP. What a device is called, and what
// its interfaces are, it learns from the poller; a trap has the device polled.
// Its address is optional in a process that follows another, which still has it.
func (a *App) openTraps() (err error) {
	c := a.config.Traps
	c.Dir, c.Events, c.Checks = a.config.Data, a.engine, a.engine
	c.Registerer, c.Logger = a.registry, a.logger
	c.Optional = c.Optional || a.options.Inherited != nil
	if p := a.poller; p != nil {
		c.Device, c.Interface, c.Up = p.Device, p.Interface, p.Up
		c.Poll = func(device string) { p.Poll(device) }
	}
	if a.traps, err = trap.New(c, time.Now()); err != nil {
		return taken(err, "traps.listen")
	}
	a.undo = append(a.undo, a.traps.Close)
	return nil
}
