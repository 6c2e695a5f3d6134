package e2e

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const seesWhatWasRecorded = `
groups:
- name: chain
  interval: 1s
  rules:
  - {record: e2e:base, expr: timestamp(vector(1))}
  # What was recorded at this very instant, or a failure that nobody can overlook.
  - {record: e2e:lag, expr: time() - e2e:base}
  - {alert: Behind, expr: e2e:lag != 0}
  - {alert: Works, expr: e2e:lag == 0, for: 3s, labels: {severity: page}}
`

// TestRuleFilesOverArchives: a rule sees in the archives what the rule before it
// recorded at the same instant, and what is recorded no more ends there.
func TestRuleFilesOverArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", "rule_files: ['*.rules']\n")
	writeFile(t, dir, "a.rules", seesWhatWasRecorded)
	s := serve(t, filepath.Join(dir, "data"), "-config", config)
	ask := func(query, want string) func() error {
		return func() error {
			body, err := s.get("/api/v1/query?query=" + url.QueryEscape(query))
			if err == nil && !strings.Contains(string(body), want) {
				err = fmt.Errorf("%s gives %s", query, body)
			}
			return err
		}
	}
	eventually(t, "firing", ask("ALERTS", `{"__name__":"ALERTS","alertname":"Works","alertstate":"firing","severity":"page"}`))
	const none = `"result":[]`
	if err := ask("max_over_time(e2e:lag[1m]) != 0", none)(); err != nil {
		t.Error(err)
	}
	if err := ask(`ALERTS{alertname="Behind"}`, none)(); err != nil {
		t.Error(err)
	}
	var answer struct {
		Data struct {
			Groups []struct {
				Name, File string
				Interval   float64
				Rules      []struct{ Name, Health string }
			}
		}
	}
	if err := s.json("/api/v1/rules?type=record", &answer); err != nil || len(answer.Data.Groups) != 1 || len(answer.Data.Groups[0].Rules) != 2 || answer.Data.Groups[0].Rules[1].Health != "ok" {
		t.Errorf("%v: %+v", err, answer)
	}
	writeFile(t, dir, "a.rules", "groups: []\n")
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all ended", ask(`{__name__=~"ALERTS.*",alertname="Works"} or {__name__=~"e2e:.*"}`, none))
}
