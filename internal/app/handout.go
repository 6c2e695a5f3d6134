package app

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"plimsoll/collector/handout"
)

// openHandout sets up what gives agents their configuration.
func (a *App) openHandout() (err error) {
	if a.config.AgentConfigs == "" {
		return nil
	}
	a.handout, err = handout.New(handout.Config{
		Dir: a.config.AgentConfigs, Now: time.Now, Registerer: a.registry, Logger: a.logger,
	})
	return err
}

// handsOut answers agents that ask for their configuration, nil: nobody does.
func (a *App) handsOut() http.Handler {
	if a.handout == nil {
		return nil
	}
	return a.handout
}

// configured is what is known of agents that ask for their configuration.
func (a *App) configured() []handout.Agent {
	if a.handout == nil {
		return nil
	}
	return a.handout.Agents()
}

// checkAgentConfigs says whether the directory is there.
func (c Config) checkAgentConfigs() error {
	if c.AgentConfigs == "" {
		return nil
	}
	info, err := os.Stat(c.AgentConfigs)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%q is no directory", c.AgentConfigs)
	}
	if err != nil {
		return fmt.Errorf("agent_configs: %w", err)
	}
	return nil
}
