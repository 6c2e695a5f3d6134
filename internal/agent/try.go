package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents"
	"plimsoll/internal/metric"
)

// Try measures once and writes what would be sent, in Prometheus' text format,
// with how long each target took and what was wrong as comments. Only names a
// part of a target's kind, job or instance; empty: all. That a target could not be
// measured is an error, of which the rest is written all the same.
func Try(ctx context.Context, c Config, only string, out io.Writer) error {
	a := &Agent{}
	all, err := a.allTargets(c, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	var chosen []agents.Target
	for _, t := range all {
		t = withDefaults(t, c)
		if t.Name() != "self" && strings.Contains(t.Name()+" "+t.Job+" "+t.Instance, only) {
			chosen = append(chosen, t)
		}
	}
	failed, err := tryAll(ctx, chosen, out)
	switch {
	case err != nil:
		return err
	case len(chosen) == 0:
		return fmt.Errorf("no target has %q in its kind, job or instance", only)
	case failed > 0:
		return fmt.Errorf("%d of %d targets could not be measured", failed, len(chosen))
	}
	return nil
}

// tryAll measures some targets at a time, so that those that hang do not add
// up, and writes them in their order. It returns how many failed.
func tryAll(ctx context.Context, targets []agents.Target, out io.Writer) (failed int, err error) {
	texts, places := make([]chan string, len(targets)), make(chan struct{}, 16)
	var bad atomic.Int64
	for i, t := range targets {
		texts[i] = make(chan string, 1)
		go func() { // awaited by the loop below
			places <- struct{}{}
			defer func() { <-places }()
			var text strings.Builder
			if !tryOne(ctx, t, &text) {
				bad.Add(1)
			}
			texts[i] <- text.String()
		}()
	}
	for _, text := range texts {
		if _, e := io.WriteString(out, <-text); err == nil {
			err = e
		}
	}
	return int(bad.Load()), err
}

// withDefaults fills in what a Runner would.
func withDefaults(t agents.Target, c Config) agents.Target {
	if t.Job == "" {
		t.Job, t.Instance = c.Job, c.Instance
	}
	if t.Interval == 0 {
		t.Interval = c.Interval
	}
	return t
}

// tryOne measures one target, and says whether that went well.
func tryOne(ctx context.Context, t agents.Target, w io.Writer) bool {
	ctx, cancel := context.WithTimeout(ctx, t.Interval*8/10)
	defer cancel()
	began := time.Now()
	samples, err := t.Sample(ctx, began)
	took := time.Since(began).Round(time.Microsecond)
	if err == nil && len(samples) == 0 {
		err = errors.New("nothing was measured")
	}
	_, _ = fmt.Fprintf(w, "# %s job=%q instance=%q", t.Name(), t.Job, t.Instance)
	for _, name := range slices.Sorted(maps.Keys(t.Labels)) {
		_, _ = fmt.Fprintf(w, " %s=%q", name, t.Labels[name])
	}
	_, _ = fmt.Fprintf(w, ": %d samples in %s\n", len(samples), took)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			_, _ = fmt.Fprintf(w, "# ERROR %s\n", strings.TrimSpace(line))
		}
	}
	slices.SortStableFunc(samples, func(a, b metric.Sample) int { return strings.Compare(a.Name(), b.Name()) })
	name := ""
	for _, s := range samples {
		if s.Name() != name {
			name = s.Name()
			_, _ = fmt.Fprintf(w, "# TYPE %s %s\n", name, s.Kind)
		}
		writeSample(w, s, t)
	}
	return err == nil
}

func writeSample(w io.Writer, s metric.Sample, t agents.Target) {
	b := labels.NewBuilder(s.Labels)
	b.Set("job", t.Job).Set("instance", t.Instance)
	for name, value := range t.Labels {
		b.Set(name, value)
	}
	l := b.Labels()
	line := func(l labels.Labels, v float64) {
		rest := labels.NewBuilder(l).Del(metric.NameLabel).Labels()
		_, _ = fmt.Fprintf(w, "%s%s %s %d\n", l.Get(metric.NameLabel), strings.ReplaceAll(rest.String(), `", `, `",`), number(v), s.At)
	}
	if s.Kind != metric.Timing {
		line(l, s.Value)
		return
	}
	for _, q := range metric.Quantiles {
		line(metric.QuantileLabels(l, q), s.Sketch.Quantile(q))
	}
	line(metric.SuffixLabels(l, "_sum"), s.Sketch.Sum())
	line(metric.SuffixLabels(l, "_count"), s.Sketch.Count())
}

// number writes a value as Prometheus does.
func number(v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
