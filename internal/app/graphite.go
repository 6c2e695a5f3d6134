package app

import "plimsoll/collector/graphite"

// openGraphite makes what receives Graphite's plaintext lines. Its addresses are
// optional in a process that follows another, which still has them.
func (a *App) openGraphite() (err error) {
	c := a.config.Graphite
	c.SinkFor, c.Registerer, c.Logger = a.collector.From, a.registry, a.logger
	c.Optional = c.Optional || a.options.Inherited != nil
	if a.graphite, err = graphite.New(c); err == nil {
		a.undo = append(a.undo, a.graphite.Close)
	}
	return err
}

// openReceivers are the addresses of receivers that let everybody in.
func (c Config) openReceivers() map[string]string {
	out := map[string]string{}
	add := func(section string, allow []string, addresses map[string]string) {
		if len(allow) > 0 {
			return
		}
		for key, addr := range addresses {
			out[section+"."+key] = addr
		}
	}
	add("ganglia", c.Ganglia.Allow, c.Ganglia.Addresses())
	add("graphite", c.Graphite.Allow, c.Graphite.Addresses())
	if c.Traps.Open() {
		add("traps", nil, c.Traps.Addresses())
	}
	return out
}
