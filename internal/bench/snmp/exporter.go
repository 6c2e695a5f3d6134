package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/bench/process"
)

// exporter measures Debian's snmp_exporter, scraped as Prometheus would: each
// device at its own instant of the interval.
func (b *bench) exporter(ctx context.Context) (figures, error) {
	config := filepath.Join(b.dir, "snmp.yml")
	if err := os.WriteFile(config, []byte(b.exporterConfig()), 0o600); err != nil {
		return figures{}, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return figures{}, err
	}
	address := l.Addr().String()
	l.Close()
	p, err := process.Start(exec.Command("prometheus-snmp-exporter", "--config.file="+config, "--web.listen-address="+address), b.dir)
	if err != nil {
		return figures{}, err
	}
	defer p.Stop(time.Second)
	s := &scraper{client: &http.Client{Timeout: b.interval * 8 / 10, Transport: &http.Transport{MaxIdleConnsPerHost: b.devices}}}
	scraping, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	start := time.Now().Add(time.Second)
	for i, a := range b.addresses {
		to := fmt.Sprintf("http://%s/snmp?module=bench&target=%s", address, url.QueryEscape(a))
		all.Go(func() {
			s.rhythm(scraping, to, answers(i), start.Add(b.interval*time.Duration(i)/time.Duration(len(b.addresses))), b.interval)
		})
	}
	wait(ctx, 2*b.interval)
	s.turn()
	r, err := b.cost(ctx, "snmp_exporter", p.PID())
	took := s.turn()
	stop()
	all.Wait()
	r.polls = len(took)
	r.half, r.late = quantiles(took)
	if r.polls == 0 && err == nil {
		err = fmt.Errorf("snmp_exporter answered nothing: %s", p.Said())
	}
	return r, err
}

func (b *bench) exporterConfig() string {
	var get, metrics strings.Builder
	for i := range b.objects {
		fmt.Fprintf(&get, "  - %s.0\n", object(i))
		fmt.Fprintf(&metrics, "  - {name: object_%d, oid: %s, type: counter, help: none}\n", i, object(i))
	}
	return fmt.Sprintf("bench:\n  get:\n%s  metrics:\n%s  version: 2\n  retries: 1\n  timeout: 3s\n  max_repetitions: 60\n  auth: {community: public}\n", get.String(), metrics.String())
}

// scraper scrapes targets and keeps how long it took.
type scraper struct {
	client *http.Client
	mu     sync.Mutex // guards took
	took   []time.Duration
}

func (s *scraper) rhythm(ctx context.Context, to string, keep bool, next time.Time, interval time.Duration) {
	for {
		wait(ctx, time.Until(next))
		if ctx.Err() != nil {
			return
		}
		if s.scrape(ctx, to) && keep {
			s.mu.Lock()
			s.took = append(s.took, time.Since(next))
			s.mu.Unlock()
		}
		next = next.Add(interval)
	}
}

// scrape reports whether the device's objects were there.
func (s *scraper) scrape(ctx context.Context, to string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return false
	}
	response, err := s.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && strings.Contains(string(body), "\nobject_0 ")
}

func (s *scraper) turn() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil
	return took
}
