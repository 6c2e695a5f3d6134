package scrape

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/agents/ask"
	"plimsoll/internal/metric"
)

// lookEvery is how often files are looked at.
const lookEvery = 10 * time.Second

// Scraper scrapes all jobs.
type Scraper struct {
	cfg  Config
	log  *slog.Logger
	jobs []*job

	scrapes, failed, dropped, refused *prometheus.CounterVec
	files                             prometheus.Counter
}

// job runs the loops of one job. Run's goroutine for it owns it.
type job struct {
	Job
	files files
	loops map[string]*running
	told  string // the last trouble with files
}

// running is a loop with what ends it.
type running struct {
	*loop
	stop context.CancelFunc
	done chan struct{} // closed when the loop has ended
}

// New returns a Scraper that asks nothing before Run.
func New(cfg Config) (*Scraper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.SinkFor == nil {
		return nil, errors.New("scrape has no sink")
	}
	s := &Scraper{cfg: cfg, log: cfg.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, j := range cfg.Jobs {
		j = j.withDefaults()
		s.jobs = append(s.jobs, &job{Job: j, files: files{patterns: j.Files}, loops: map[string]*running{}})
	}
	return s, s.register(cfg.Registerer)
}

func (s *Scraper) register(reg prometheus.Registerer) error {
	vec := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plimsoll_scrape_" + name, Help: help}, []string{"scrape_job"})
	}
	s.scrapes = vec("scrapes_total", "Targets asked.")
	s.failed = vec("failures_total", "Targets asked that did not answer, or not with metrics.")
	s.dropped = vec("dropped_samples_total", "Samples that could not be put within an interval.")
	s.refused = vec("refused_samples_total", "Samples that were refused for what they hold.")
	s.files = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "plimsoll_scrape_file_errors_total", Help: "Looks at files of targets that could not be read or understood.",
	})
	if reg == nil {
		return nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{s.scrapes, s.failed, s.dropped, s.refused, s.files} {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}

// Run scrapes until ctx ends.
func (s *Scraper) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, j := range s.jobs {
		all.Go(func() { s.runJob(ctx, j) })
	}
	all.Wait()
	return nil
}

func (s *Scraper) runJob(ctx context.Context, j *job) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		s.look(ctx, j)
		select {
		case <-ctx.Done():
			for _, r := range j.loops {
				<-r.done // they end with ctx; what they told goes stale by itself
			}
			return
		case <-look.C:
		}
	}
}

// look begins with targets that are new and ends with those that are gone.
func (s *Scraper) look(ctx context.Context, j *job) {
	text := ""
	if err := j.files.read(); err != nil {
		s.files.Inc()
		text = err.Error()
	}
	if text != j.told && text != "" {
		s.log.Warn("targets of files", "job", j.Job.Job, "err", text)
	}
	j.told = text
	wanted := j.wanted(j.files.known)
	for url, r := range j.loops {
		if w, is := wanted[url]; !is || !w.same(r.endpoint) {
			r.stop()
			<-r.done
			delete(j.loops, url)
			s.put(ctx, j.Job, r.gone(time.Now()))
		}
	}
	for url, e := range wanted {
		if j.loops[url] == nil {
			j.loops[url] = s.start(ctx, j.Job, e)
		}
	}
}

func (s *Scraper) start(ctx context.Context, j Job, e endpoint) *running {
	ctx, stop := context.WithCancel(ctx)
	l := &loop{endpoint: e, job: j, reader: ask.NewReader(e.page), log: s.log}
	l.put = func(ctx context.Context, samples []metric.Sample) {
		s.scrapes.WithLabelValues(j.Job).Inc()
		if up := samples[len(samples)-3]; up.Value == 0 {
			s.failed.WithLabelValues(j.Job).Inc()
		}
		s.put(ctx, j, samples)
	}
	r := &running{loop: l, stop: stop, done: make(chan struct{})}
	go func() { // awaited by look, or by runJob
		defer close(r.done)
		l.run(ctx, time.Now)
	}()
	return r
}

// put puts samples, once more each second until ctx ends.
func (s *Scraper) put(ctx context.Context, j Job, samples []metric.Sample) {
	sink := s.cfg.SinkFor(fmt.Sprintf("scrape %s", j.Job))
	for {
		err := sink.Put(ctx, samples)
		var refused *metric.RefusedError
		switch {
		case err == nil:
			return
		case errors.As(err, &refused):
			s.refused.WithLabelValues(j.Job).Add(float64(refused.Count()))
			return
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			timer.Stop()
			s.dropped.WithLabelValues(j.Job).Add(float64(len(samples)))
			return
		case <-timer.C:
		}
	}
}
