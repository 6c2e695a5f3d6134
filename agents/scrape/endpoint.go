package scrape

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"math"
	"mime"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/agents/ask"
	"plimsoll/internal/exposition"
	"plimsoll/internal/metric"
)

// endpoint is what is asked at one URL.
type endpoint struct {
	page     ask.Page
	instance string
	labels   map[string]string
}

func (e endpoint) same(o endpoint) bool {
	return e.page == o.page && e.instance == o.instance && maps.Equal(e.labels, o.labels)
}

// loop asks one endpoint. One goroutine owns it.
type loop struct {
	endpoint
	job     Job
	reader  *ask.Reader
	put     func(ctx context.Context, samples []metric.Sample)
	log     *slog.Logger             // nil: nowhere
	down    bool                     // the last answer was none
	made    map[string]labels.Labels // the series of the last answer by what was exposed
	present map[string]labels.Labels // those of them without a time of their own
}

// offset is where in the interval the endpoint is asked.
func (l *loop) offset() time.Duration {
	h := fnv.New64a()
	_, _ = io.WriteString(h, l.page.URL)
	return time.Duration(h.Sum64() % uint64(l.job.Interval/time.Millisecond) * uint64(time.Millisecond))
}

// next returns the first instant after now at which the endpoint is asked.
func (l *loop) next(now time.Time) time.Time {
	interval, offset := l.job.Interval.Milliseconds(), l.offset().Milliseconds()
	return metric.Time(((metric.Millis(now)-offset)/interval+1)*interval + offset)
}

// run asks until ctx ends, and then marks what it had told as stale.
func (l *loop) run(ctx context.Context, now func() time.Time) {
	for {
		at := l.next(now())
		timer := time.NewTimer(at.Sub(now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		l.scrape(ctx, at)
	}
}

// scrape asks once and puts what came.
func (l *loop) scrape(ctx context.Context, at time.Time) {
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, l.job.Timeout)
	samples, err := l.ask(asking, at)
	cancel()
	if ctx.Err() != nil {
		return
	}
	l.tell(err)
	n, up := len(samples), 1.0
	if err != nil {
		up = 0
	}
	samples = append(l.follow(samples, at), l.own(at, "up", up),
		l.own(at, "scrape_duration_seconds", time.Since(began).Seconds()),
		l.own(at, "scrape_samples_scraped", float64(n)))
	putting, cancel := context.WithTimeout(ctx, l.job.Interval)
	defer cancel()
	l.put(putting, samples)
}

// tell logs that the endpoint is down, once, and that it is up again.
func (l *loop) tell(err error) {
	if l.down == (err != nil) || l.log == nil {
		return
	}
	l.down = err != nil
	log := l.log.With("job", l.job.Job, "instance", l.instance)
	if l.down {
		log.Warn("could not scrape", "err", err)
		return
	}
	log.Info("scraped again")
}

// ask returns what the endpoint exposes, labelled.
func (l *loop) ask(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	body, header, err := l.reader.Answer(ctx, "", accept, l.job.MaxBodyBytes)
	if err != nil {
		return nil, err
	}
	kind := header.Get("Content-Type")
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		kind = "text/plain"
	}
	samples, err := exposition.Parse(body, kind, metric.Millis(at), l.job.MaxSamples)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.page.URL, err)
	}
	return samples, nil
}

// accept asks for OpenMetrics, and takes the text format.
const accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

// follow labels samples, and adds a stale marker for each series that was there
// the last time and is not now.
func (l *loop) follow(samples []metric.Sample, at time.Time) []metric.Sample {
	made, present := make(map[string]labels.Labels, len(samples)), make(map[string]labels.Labels, len(samples))
	var key []byte
	for i := range samples {
		s := &samples[i]
		key = s.Labels.Bytes(key[:0])
		full, is := l.made[string(key)]
		if !is {
			full = l.label(s.Labels)
		}
		k := string(key)
		if made[k] = full; s.At == metric.Millis(at) {
			present[k] = full
		}
		s.Labels = full
	}
	for k, gone := range l.present {
		if _, is := present[k]; !is {
			samples = append(samples, stale(gone, at))
		}
	}
	l.made, l.present = made, present
	return samples
}

// gone returns a stale marker for all that was told last.
func (l *loop) gone(at time.Time) []metric.Sample {
	var out []metric.Sample
	for _, name := range []string{"up", "scrape_duration_seconds", "scrape_samples_scraped"} {
		out = append(out, stale(l.own(at, name, 0).Labels, at))
	}
	for _, k := range slices.Sorted(maps.Keys(l.present)) {
		out = append(out, stale(l.present[k], at))
	}
	return out
}

func stale(of labels.Labels, at time.Time) metric.Sample {
	return metric.Sample{Labels: of, At: metric.Millis(at), Value: math.Float64frombits(value.StaleNaN)}
}

// label adds the endpoint's labels to those that were exposed.
func (l *loop) label(exposed labels.Labels) labels.Labels {
	b := labels.NewBuilder(exposed)
	add := func(name, v string) {
		theirs := exposed.Get(name)
		switch {
		case theirs == "":
			b.Set(name, v)
		case !l.job.HonorLabels:
			b.Set("exported_"+name, theirs)
			b.Set(name, v)
		}
	}
	for name, v := range l.labels {
		add(name, v)
	}
	add("job", l.job.Job)
	add("instance", l.instance)
	return b.Labels()
}

// own is a sample about the scrape itself.
func (l *loop) own(at time.Time, name string, v float64) metric.Sample {
	b := labels.NewBuilder(labels.FromMap(l.labels))
	b.Set(metric.NameLabel, name).Set("job", l.job.Job).Set("instance", l.instance)
	return metric.Sample{Labels: b.Labels(), At: metric.Millis(at), Value: v}
}
