package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestAgentFetchesItsConfiguration has the service give an agent its interval,
// then one that is wrong, and looks at what both say.
func TestAgentFetchesItsConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "@web.yml", "interval: 2s\nhost: {enabled: false}\n")
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf("agent: {enabled: false}\nagent_configs: %s\n", dir))
	s := serve(t, t.TempDir(), "-config", config)
	file := writeFile(t, t.TempDir(), "agent.yml", fmt.Sprintf(`
instance: web3
role: web
data: %s
collectors: [%q]
interval: 1s
fetch: {url: %q, interval: 1s}
counterd: {enabled: false}
`, t.TempDir(), s.url, s.url))
	a := start(t, filepath.Join(bin, "plimsoll-agent"), "-config", file)
	s.wants(t, `plimsoll_agent_interval_seconds{instance="web3"}`, "2")
	s.wants(t, `plimsoll_agent_config_refused{instance="web3"}`, "0")

	writeFile(t, dir, "web3.yml", "interval: 3s\ntypo: 1\n")
	s.wants(t, `plimsoll_agent_config_refused{instance="web3"}`, "1")
	eventually(t, "the service knows why", func() error {
		var said struct {
			Agents []struct{ Instance, File, Error string } `json:"agent_configs"`
		}
		if err := s.json("/api/plimsoll/v1/sources", &said); err != nil {
			return err
		}
		for _, one := range said.Agents {
			if one.Instance == "web3" && one.File == "web3.yml" && one.Error != "" {
				return nil
			}
		}
		return fmt.Errorf("got %+v", said)
	})
	s.wants(t, `plimsoll_agent_interval_seconds{instance="web3"}`, "2")
	if code := a.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
