package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// engine is a Prometheus that takes remote write and keeps its data over a kill.
type engine struct {
	*process
	dir, address string
}

func (e *engine) launch(t *testing.T) {
	t.Helper()
	e.process = start(t, "prometheus", "--config.file="+writeFile(t, e.dir, "prometheus.yml", "{}\n"),
		"--storage.tsdb.path="+filepath.Join(e.dir, "data"), "--web.listen-address="+e.address, "--web.enable-remote-write-receiver")
	eventually(t, "Prometheus is ready", func() error {
		_, err := fetch("http://" + e.address + "/-/ready")
		return err
	})
}

// TestEngineInThePlaceOfArchives: with a Prometheus behind it the service counts
// as ever, and over an outage of it, a restart of the service in that outage and a
// kill no line is lost or counted twice.
func TestEngineInThePlaceOfArchives(t *testing.T) {
	e := &engine{dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	e.launch(t)
	dir, data := t.TempDir(), t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
flush: 1s
counterd: {live: 1s}
storage: {kind: prometheus, write: "http://%[1]s", read: "http://%[1]s"}
rules:
  - {name: ManyHits, class: threshold, expr: "sum(increase(engine_hits_total[1h] anchored)) >= 100", for: 0s, interval: 1s, severity: info}
`, e.address))
	s := serve(t, data, "-config", config)
	hits := func(n int) {
		for range n {
			send(t, s.udp, "engine_hits\nengine_job:250")
		}
	}
	const counted = `sum(increase(engine_hits_total[1h] anchored))`
	hits(100)
	s.wants(t, counted, "100")
	s.wants(t, `sum(increase(engine_job_seconds_count[1h] anchored))`, "100")
	s.wants(t, `engine_job_seconds{quantile="0.5"}`, "0.25")
	eventually(t, "the rule fires", func() error {
		body, err := s.get("/api/v1/alerts")
		if err == nil && !strings.Contains(string(body), "ManyHits") {
			err = fmt.Errorf("%s", body)
		}
		return err
	})

	e.kill()
	hits(50)
	waits := func() error {
		var status struct {
			Storage struct {
				Waiting int `json:"waiting_samples"`
			}
		}
		if err := s.json("/api/plimsoll/v1/status", &status); err != nil || status.Storage.Waiting == 0 {
			return fmt.Errorf("%w; %+v", err, status)
		}
		return nil
	}
	eventually(t, "samples wait for the engine", waits)
	if code := s.stop(t); code != 0 {
		t.Errorf("in the outage: exit code %d:\n%s", code, s.out)
	}
	s = serve(t, data, "-config", config)
	hits(30)
	eventually(t, "samples wait after the restart", waits)
	e.launch(t)
	s.wants(t, counted, "180")
	s.wants(t, `sum(increase(engine_job_seconds_count[1h] anchored))`, "180")
	s.kill()
	s = serve(t, data, "-config", config)
	hits(1)
	s.wants(t, counted, "181")
	s.wants(t, `sum(increase(engine_job_seconds_count[1h] anchored))`, "181")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.out)
	}
}
