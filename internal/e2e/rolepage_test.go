package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRolePage finds the member of a role that differs from its peers, from the
// overview on, and the host that is down though it still belongs to its role.
func TestRolePage(t *testing.T) {
	t.Parallel()
	config := writeFile(t, t.TempDir(), "plimsoll.yml", `
services:
  - {name: web, members: 'up{instance=~"web.*"}', warning: 1, critical: 60%, interval: 1s, for: 1s}
`)
	s := serve(t, t.TempDir(), "-config", config)
	s.pushFarm(t)
	b := newBrowser(t)
	b.open(s.url + "/")
	b.eval("window.neverReloaded = true", nil)
	b.sees(`[data-service=web][data-state=ok]`)
	b.sees(`[data-role=web] [data-host=web3][data-up=true]`)
	b.sees(`[data-role="<i>db"] [data-host=db1]`) // an agent's words are no markup
	b.press("g")
	b.press("r")
	b.sees(`tr[data-role=web]`)
	b.eval(`document.querySelector('tr[data-role=web] a').click()`, nil)

	b.sees(`[data-different="1"] a[href="/host/web3"]`)
	b.wait(`document.querySelector("[data-different]").innerText.includes("times its peers")`)
	b.sees(`[data-measure=Memory] .members > [data-outlier=true][data-member=web3]:first-child canvas`)
	b.sees(`[data-measure=Memory] [data-member=web1][data-outlier=false] canvas`)
	b.misses(`[data-measure=CPU]`) // nobody told of it
	b.eval(`document.querySelector("[data-view=stacked]").click()`, nil)
	b.sees(`[data-stacked=Memory] canvas`)
	b.wait(`location.search === "?view=stacked"`)
	b.size(360, 800, true)
	b.wait("document.documentElement.scrollWidth <= window.innerWidth")

	s.unpush(t, "web5")
	b.sees(`[data-service=web][data-state=warning]`)
	b.wait(`document.querySelector("[data-service=web]").innerText.includes("1 of 5 down: web5")`)
	b.sees(`[data-host=web5][data-up=false]`)
	b.open(s.url + "/role/web")
	b.sees(`[data-host=web5][data-up=false]`)
	b.eval(`document.querySelector("[data-member=web3] a").click()`, nil)
	b.wait(`location.pathname === "/host/web3"`)
	b.open(s.url + "/role/nothing")
	b.wait(`document.querySelector("main").innerText.includes("No host has this role")`)
	b.quiet()
}

// pushFarm pushes what hosts with roles tell of themselves.
func (s *server) pushFarm(t *testing.T) {
	t.Helper()
	const role = "plimsoll_agent_interval_seconds 1\nplimsoll_agent_info{role=%q} 1\nnode_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes %d\n"
	free := map[string]int{"web1": 70, "web2": 69, "web3": 10, "web4": 71, "web5": 70, "db1": 50}
	for host, available := range free {
		of := "web"
		if host == "db1" {
			of = "<i>db"
		}
		s.push(t, http.MethodPost, host, fmt.Sprintf(role, of, available))
	}
}

func (s *server) unpush(t *testing.T, host string) {
	t.Helper()
	s.push(t, http.MethodDelete, host, "")
}

func (s *server) push(t *testing.T, method, host, body string) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/metrics/job/node/instance/"+host, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%s of %s: %s", method, host, resp.Status)
	}
}
