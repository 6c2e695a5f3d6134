package app

import "plimsoll/agents/snmp"

// openSNMP sets up the poller of SNMP, if there is anything to poll. Each device
// is a source of its own to the collector.
func (a *App) openSNMP() (err error) {
	c := a.config.SNMP
	if len(c.Devices) == 0 {
		return nil
	}
	c.SinkFor = a.collector.From
	c.Registerer, c.Logger = a.registry, a.logger
	a.poller, err = snmp.New(c)
	return err
}
